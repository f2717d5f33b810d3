package election

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/pubsub"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/seam"
)

// A session is what runs while electors of a Conn do: a client, the goroutine
// that beats, and the subscription.
type session struct {
	clock    seam.Clock
	register register.Store
	packets  *register.Packets
	warmer   *register.Warmer
	cut      func()       // ends the connections of a client of our own
	close    func() error // and closes it
	beater   *beater
	hints    pubsub.Source
	reporter *reporter
	calls    sync.WaitGroup // requests under way, also those nobody waits for any more
}

// startSession starts one that reports to the Conn's reporter.
func startSession(rdb Redis, clock seam.Clock, log *slog.Logger, r *reporter) *session {
	s := &session{clock: clock, reporter: r}
	own, cut := register.Derive(rdb)
	s.cut, s.close = cut, func() error { return nil }
	if own != nil {
		rdb, s.close = own, own.Close
	}
	s.warmer = register.NewWarmer(rdb)
	var from *register.Target
	if sim, ok := rdb.(pubsub.Simulation); ok {
		s.register, s.hints, s.cut = sim.Open()
	} else {
		r := register.NewRegister(rdb, clock, s.warmer.Warm)
		s.register, s.hints, from = r, pubsub.Subscribe(rdb, clock, log), r.Target
	}
	s.beater = startBeater(s.register, clock)
	s.packets = register.NewPackets(s.register, from, &s.calls, &s.beater.late)
	return s
}

// stop ends everything and waits for it.
func (s *session) stop() {
	s.hints.Stop(s.cut) // and whatever else nobody waits for any more
	s.beater.stop()
	s.calls.Wait()
	s.warmer.Stop()
	_ = s.close() // of our own client: nothing that could be lost
}

// target is whom the session's client reaches; nil in a simulation.
func (s *session) target() *register.Target {
	if s == nil || s.packets == nil {
		return nil
	}
	return s.packets.From
}

// newTenure starts a term whose record was first sent at that instant.
func (s *session) newTenure(ctx context.Context, c *candidacy, rec record.Record, sent heartbeat.Instant) *tenure {
	t := &tenure{
		candidacy: c, clock: s.clock, reporter: s.reporter, target: s.target(), hurry: s.hurry,
		term: Term(rec.Term), owner: rec.Grant(), rec: rec, bytes: rec.String(), begun: s.clock.Now(),
	}
	t.pulse = *heartbeat.NewPulse(c.timing, sent, s.clock.Float64())
	t.anchor.Store(&sent)
	t.inner, t.cancel = context.WithCancelCause(ctx)
	t.ctx = &workContext{Context: t.inner, term: t.term, candidacy: c, expire: t.expire, outer: workOf(ctx)}
	return t
}

// hurry has a tenure beat now because of a hint.
func (s *session) hurry(t *tenure) { s.beater.hurry(t) }

// look and swap ask the register, for as long as one attempt may take.

func (s *session) look(ctx context.Context, c *candidacy, n register.Note) (register.Observation, error) {
	return s.ask(ctx, c, register.Request{Place: c.place, Note: n})
}

func (s *session) swap(ctx context.Context, c *candidacy, expect register.Contents, next record.Record) (register.Observation, error) {
	return s.ask(ctx, c, register.Request{Place: c.place, Swap: register.SwapTo(expect, next)})
}

func (s *session) ask(ctx context.Context, c *candidacy, q register.Request) (register.Observation, error) {
	r := s.packets.Do(ctx, s.clock.Timer(c.timing.Attempt), q)
	return r.Observation, r.Err
}

// peek is a look in plain commands, alone in its packet.
func (s *session) peek(ctx context.Context, c *candidacy) (register.Observation, error) {
	attempt := s.clock.Timer(c.timing.Attempt)
	answer := make(chan register.Reply, 1)
	s.calls.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), attempt)
		defer cancel()
		seen, err := s.register.Peek(ctx, c.place.Key)
		register.Request{Place: c.place}.Learn(register.Reply{Observation: seen, Err: err})
		answer <- register.Reply{Observation: seen, Err: err}
	})
	r, _ := register.Await(ctx, attempt, answer, s.packets.From)
	return r.Observation, r.Err
}

// pause waits for d of the session's clock, or until wake or ctx ends it early.
func (s *session) pause(ctx context.Context, d time.Duration, wake <-chan struct{}) {
	t := time.NewTimer(max(0, s.clock.Timer(d)))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return
	case <-wake:
	case <-t.C:
	}
	s.clock.Now() // where a stalled process stays stalled
}

// wake puts a token into a 1-slot channel; one that is there already will do.
func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
