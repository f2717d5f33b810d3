package fresh

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/seam"
	"example.com/incumbent/singleton"
)

// What a process that a test has started is told: where Redis is, who it is, how far its wall
// clock is off, how many readers it has, and how long values live.
const (
	childRedis   = "INCUMBENT_FRESH_REDIS"
	childID      = "INCUMBENT_FRESH_ID"
	childOff     = "INCUMBENT_FRESH_OFF"
	childReaders = "INCUMBENT_FRESH_READERS"
	childLife    = "INCUMBENT_FRESH_LIFE"
)

const leaseOfChildren = 2 * time.Second

// reading is a value that knows when it expires, by the one clock of this machine.
type reading struct {
	Expires int64 `json:"expires"` // nanoseconds
}

// startChild starts a process of its own that keeps a value and reads it.
func startChild(t *testing.T, addr, id string, off time.Duration, readers int, life time.Duration) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childRedis+"="+addr, childID+"="+id, childOff+"="+off.String(),
		childReaders+"="+strconv.Itoa(readers), childLife+"="+life.String())
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// child is that process.
func child(addr string) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	off, err := time.ParseDuration(os.Getenv(childOff))
	check(err)
	life, err := time.ParseDuration(os.Getenv(childLife))
	check(err)
	readers, err := strconv.Atoi(os.Getenv(childReaders))
	check(err)
	admin := redis.NewClient(&redis.Options{Addr: addr})
	rdb := &skewed{Client: redis.NewClient(&redis.Options{Addr: addr, ContextTimeoutEnabled: true, MaxRetries: -1}), clock: skewedClock{seam.NewSystem(), off}}
	v, err := New(rdb, Config{Name: "v"}, func(ctx context.Context, _ election.Term) (reading, time.Time, error) {
		expires := time.Now().Add(life)
		return reading{expires.UnixNano()}, expires, admin.RPush(ctx, "refreshes", time.Now().UnixMilli()).Err()
	})
	check(err)
	e, err := election.New(rdb, election.Config{
		Name: "e", ID: os.Getenv(childID), Lease: leaseOfChildren, Bootstrap: election.BootstrapImmediate, Logger: slog.New(slog.DiscardHandler),
	})
	check(err)
	var all sync.WaitGroup
	c := counts{admin: admin, id: os.Getenv(childID)}
	for range readers {
		all.Go(func() { c.read(ctx, v) })
	}
	all.Go(func() { c.report(ctx, rdb) })
	check(singleton.Keep(ctx, e, v.Work, singleton.Policy{}))
	all.Wait()
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// counts are of what the readers of a process saw.
type counts struct {
	admin  *redis.Client
	id     string
	gets   atomic.Int64
	slow   atomic.Int64 // that took longer than 10 ms
	failed atomic.Int64
}

// read reads, and tells of a value that had expired before Get was called.
func (c *counts) read(ctx context.Context, v *Value[reading]) {
	for ctx.Err() == nil {
		began := time.Now()
		limited, cancel := context.WithTimeout(ctx, 20*time.Second)
		got, err := v.Get(limited)
		cancel()
		switch {
		case err != nil && ctx.Err() == nil:
			c.failed.Add(1)
		case err == nil && got.Expires <= began.UnixNano():
			check(c.admin.RPush(context.Background(), "expired", fmt.Sprintf("%s: by %v", c.id, time.Duration(began.UnixNano()-got.Expires))).Err())
		}
		c.gets.Add(1)
		if time.Since(began) > 10*time.Millisecond {
			c.slow.Add(1)
		}
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// report adds the counts up in Redis, where they survive a kill.
func (c *counts) report(ctx context.Context, rdb *skewed) {
	for over := false; !over; {
		select {
		case <-ctx.Done():
			over = true
		case <-time.After(50 * time.Millisecond):
		}
		_, err := c.admin.Pipelined(context.Background(), func(p redis.Pipeliner) error {
			for what, n := range map[string]*atomic.Int64{"gets": &c.gets, "slow": &c.slow, "failed": &c.failed, "reads": &rdb.reads, "writes": &rdb.writes} {
				p.HIncrBy(context.Background(), "counts", what, n.Swap(0))
			}
			return nil
		})
		check(err)
	}
}

// skewed is a client whose process has a wall clock that is off, and that counts requests about
// the value.
type skewed struct {
	*redis.Client

	clock         skewedClock
	reads, writes atomic.Int64
}

func (s *skewed) Clock() seam.Clock { return s.clock }

func (s *skewed) Pipelined(ctx context.Context, fn func(redis.Pipeliner) error) ([]redis.Cmder, error) {
	cmds, err := s.Client.Pipelined(ctx, fn)
	for _, cmd := range cmds {
		args := cmd.Args()
		if len(args) < 4 || !strings.HasSuffix(fmt.Sprint(args[3]), ":value") {
			continue
		}
		if len(args) == 5 {
			s.reads.Add(1)
		} else {
			s.writes.Add(1)
		}
	}
	return cmds, err
}

// skewedClock is the machine's, but for the wall clock.
type skewedClock struct {
	*seam.System

	off time.Duration
}

func (s skewedClock) Now() heartbeat.Instant {
	i := s.System.Now()
	i.Wall += s.off
	return i
}
