package demo

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/redisurl"
)

// settings are what the flags say.
type settings struct {
	redis    *string // a URL; nil: not given
	count    int     // of candidates; 0: not given
	election string
	lease    time.Duration // 0: not given
	every    time.Duration
	length   time.Duration // 0: for ever
	calm     bool
	json     bool
}

const (
	maxCandidates = 100
	standInLease  = 3 * time.Second
	minEvery      = 10 * time.Millisecond
	maxEvery      = 24 * time.Hour
)

func (d *Demo) defineFlags() {
	s := &d.settings
	d.Flags = flag.NewFlagSet(d.name, flag.ContinueOnError)
	d.Flags.Func("redis", "`URL` of Redis, several addresses separated by commas for a cluster; default $REDIS_URL,\nor without that an in-process stand-in", func(url string) error {
		s.redis = &url // looked at later: the errors of package flag repeat the value, and this one may hold a password
		return nil
	})
	d.Flags.Func("candidates", "run `N` candidates in this process, 1 to 100; default 3 on the stand-in, else 1", upTo(&s.count, maxCandidates))
	d.Flags.StringVar(&s.election, "election", d.name, "`name` of the election")
	d.Flags.Func("lease", "how long others wait for a sign of the leader, `D` from 2s to 24h; default 3s on the stand-in, else 15s",
		between(&s.lease, heartbeat.MinLease, heartbeat.MaxLease, "2s to 24h"))
	s.every = time.Second
	d.Flags.Func("every", "do the work every `D`, 10ms to 24h; default 1s", between(&s.every, minEvery, maxEvery, "10ms to 24h"))
	d.Flags.Func("for", "end by itself after `D`; default 0, never", between(&s.length, 0, math.MaxInt64, "0 or more, such as 8s"))
	d.Flags.BoolVar(&s.calm, "calm", false, "do not force changes of leader on the stand-in")
	d.Flags.BoolVar(&s.json, "json", false, "print one JSON object a line")
}

func (d *Demo) usage() {
	fmt.Fprintf(d.stderr, "Usage: %s [flags]\n", d.name)
	d.Flags.SetOutput(d.stderr)
	d.Flags.PrintDefaults()
}

// parse reads the flags into the settings and completes them. It returns the
// Redis to use; nil stands for the stand-in.
func (d *Demo) parse() (*redisurl.Target, error) {
	s := &d.settings
	d.Flags.SetOutput(io.Discard) // the error is told by the caller, in one sentence
	switch err := d.Flags.Parse(d.args); {
	case errors.Is(err, flag.ErrHelp):
		return nil, err
	case err != nil:
		return nil, redact(err) // it repeats the value
	}
	if n := d.Flags.NArg(); n > 0 {
		return nil, fmt.Errorf("%d stray argument(s) after the flags: give flags only", n)
	}
	t, err := d.findRedis()
	if err != nil {
		return nil, err
	}
	s.complete(t == nil)
	rdb := redisurl.Server(redis.Options{}).Connect() // never connects: the elector is asked what it makes of the settings
	defer rdb.Close()
	if _, err := election.New(rdb, election.Config{Name: s.election, Lease: s.lease, Logger: slog.New(slog.DiscardHandler)}); err != nil {
		return nil, fmt.Errorf("-election: %w", redact(err)) // it repeats the name
	}
	return t, nil
}

// findRedis returns the Redis that the flags or the environment name; nil if
// none.
func (d *Demo) findRedis() (*redisurl.Target, error) {
	from, url := "REDIS_URL", d.env("REDIS_URL")
	switch given := d.settings.redis; {
	case given != nil && *given == "":
		return nil, errors.New("-redis is empty: give a URL, or leave the flag out")
	case given != nil:
		from, url = "-redis", *given
	case url == "":
		return nil, nil
	}
	t, err := redisurl.Parse(url)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", from, err)
	}
	return t, nil
}

func (s *settings) complete(standIn bool) {
	count, lease := 1, heartbeat.DefaultLease
	if standIn {
		count, lease = 3, standInLease
	}
	if s.count == 0 {
		s.count = count
	}
	if s.lease == 0 {
		s.lease = lease
	}
}

// between returns a parser of durations within limits, which it names.
func between(d *time.Duration, low, high time.Duration, allowed string) func(string) error {
	return func(text string) error {
		v, err := time.ParseDuration(text)
		if err != nil || v < low || v > high {
			return fmt.Errorf("give %s", allowed)
		}
		*d = v
		return nil
	}
}

// upTo returns a parser of numbers from 1 to high.
func upTo(n *int, high int) func(string) error {
	return func(text string) error {
		v, err := strconv.Atoi(text)
		if err != nil || v < 1 || v > high {
			return fmt.Errorf("give 1 to %d", high)
		}
		*n = v
		return nil
	}
}
