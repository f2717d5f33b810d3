package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/alicebob/miniredis/v2"
	"golang.org/x/sync/errgroup"

	"example.com/incumbent/election"
	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/link"
	"example.com/incumbent/internal/redisurl"
)

// A session is what one call of Main has open.
type session struct {
	settings
	out        *output
	address    string               // of Redis, for people
	standIn    *miniredis.Miniredis // nil with a real Redis
	changes    *changes             // nil if none are forced
	candidates []*Candidate
}

// open connects the candidates to t, or to a stand-in if that is nil.
func (d *Demo) open(t *redisurl.Target) (*session, error) {
	s := &session{settings: d.settings}
	s.out = &output{json: s.json, stdout: d.stdout, stderr: d.stderr, names: map[string]string{}}
	if t == nil {
		if err := s.startStandIn(); err != nil {
			return nil, err
		}
	} else {
		s.address = t.Address()
	}
	process := processID()
	for i := range s.count {
		c := s.newCandidate(process, letter(i, s.count))
		if t == nil {
			c.Bootstrap = election.BootstrapImmediate // nobody can lead on a stand-in that was just born
			c.network = link.New(s.standIn.Server().ServeConn)
			c.Redis = through(c.network, s.address).Connect()
		} else {
			c.Redis = t.Connect()
		}
		s.candidates = append(s.candidates, c)
	}
	return s, nil
}

// startStandIn starts a server in this process. It listens, so that it can be
// looked into with redis-cli.
func (s *session) startStandIn() error {
	s.standIn = miniredis.NewMiniRedis()
	s.standIn.ClockTTL(true) // what is not refreshed shall expire
	if err := s.standIn.Start(); err != nil {
		return fmt.Errorf("cannot start the in-process stand-in for Redis: %w", err)
	}
	s.address = s.standIn.Addr()
	if s.count == 1 || s.calm {
		return nil
	}
	var err error
	s.changes, err = newChanges(s)
	return err
}

func (s *session) newCandidate(process, name string) *Candidate {
	id := process
	if name != "" {
		id += "-" + name
	}
	s.out.names[id] = name
	return &Candidate{
		ID: id, Election: s.election, Lease: s.lease, Every: s.every,
		Logger:    slog.New(newLogHandler(s.out)),
		out:       s.out,
		changes:   s.changes,
		announced: make(chan election.Event, 1),
	}
}

func (s *session) close() {
	for _, c := range s.candidates {
		_ = c.Redis.Close() // nothing is under way any more
	}
	if s.standIn != nil {
		s.standIn.Close()
	}
}

// run lives the lives of all candidates and returns the exit code. It stops in order
// when nobody reads what it prints.
func (s *session) run(ctx context.Context, instance func(context.Context, *Candidate) error) int {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	s.out.unread = stop
	s.welcome()
	g, ctx := errgroup.WithContext(ctx)
	for _, c := range s.candidates {
		g.Go(func() error { return s.live(ctx, c, instance) })
	}
	if s.changes != nil {
		g.Go(func() error { return s.changes.run(ctx, s.candidates) })
	}
	err := g.Wait()
	if err != nil {
		s.out.warn("", err.Error())
	}
	return exitCode(err)
}

// live is the life of a candidate, from its first line to its last.
func (s *session) live(ctx context.Context, c *Candidate, instance func(context.Context, *Candidate) error) error {
	c.started()
	defer c.stopped()
	leader, err := s.check(ctx, c)
	switch {
	case ctx.Err() != nil && (err == nil || s.standIn != nil || !errors.Is(context.Cause(ctx), errTimeOver)):
		return nil // asked to stop before it began
	case err != nil:
		return err
	case s.standIn == nil && leader.Nobody():
		s.out.say(c.ID, "nobody leads yet: standing by, with the others if there are some")
	}
	return instance(ctx, c)
}

// welcome says what is about to run.
func (s *session) welcome() {
	handover := "two round trips after a clean stop"
	if s.standIn != nil {
		s.out.warn("", "TRYING OUT: no -redis and no REDIS_URL; using an in-process stand-in on "+s.address+" that forgets everything at exit")
		handover = "~1 ms after a clean stop"
	}
	who := "candidate " + s.candidates[0].ID
	if len(s.candidates) > 1 {
		names := make([]string, len(s.candidates))
		for i, c := range s.candidates {
			names[i] = c.Name(c.ID)
		}
		who = "candidates " + strings.Join(names, ", ")
	}
	f := heartbeat.ForLease(s.lease).Failover()
	s.out.say("", fmt.Sprintf("%s   election %q   lease %v: takeover %s to %s after a crash (%s at worst), %s",
		who, s.election, s.lease, tenths(f.Earliest), tenths(f.Usual), tenths(f.Worst), handover))
}
