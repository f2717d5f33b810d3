package election

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/seam"
)

// A session is what runs while electors of a Conn do: a client, the goroutine
// that beats, and the subscription.
type session struct {
	clock    seam.Clock
	register store
	packets  *packets
	warmer   *warmer
	cut      func()       // ends the connections of a client of our own
	close    func() error // and closes it
	beater   *beater
	hints    hinter
	reporter *reporter
	calls    sync.WaitGroup // requests under way, also those nobody waits for any more
}

// startSession starts one that reports to the Conn's reporter.
func startSession(rdb Redis, clock seam.Clock, log *slog.Logger, r *reporter) *session {
	s := &session{clock: clock, reporter: r}
	own, cut := dedicated(rdb)
	s.cut, s.close = cut, func() error { return nil }
	if own != nil {
		rdb, s.close = own, own.Close
	}
	s.warmer = newWarmer(rdb)
	var from *target
	if sim, ok := rdb.(seam.Registered); ok {
		in := newSimulated(sim.Register(), clock)
		s.register, s.hints, s.cut = in, newSimulatedHints(sim.Register(), clock), in.cancel
	} else {
		r := newRegister(rdb, clock, s.warmer.warm)
		s.register, s.hints, from = r, startHints(rdb, clock, log), r.target
	}
	s.beater = startBeater(s.register, clock)
	s.packets = newPackets(s.register, from, &s.calls, &s.beater.late)
	return s
}

// stop ends everything and waits for it.
func (s *session) stop() {
	s.hints.stop(s.cut) // and whatever else nobody waits for any more
	s.beater.stop()
	s.calls.Wait()
	s.warmer.stop()
	_ = s.close() // of our own client: nothing that could be lost
}

// target is whom the session's client reaches; nil in a simulation.
func (s *session) target() *target {
	if s == nil || s.packets == nil {
		return nil
	}
	return s.packets.from
}

// look and swap ask the register, for as long as one attempt may take.

func (s *session) look(ctx context.Context, e *Elector, n note) (sighting, error) {
	return s.ask(ctx, e, request{place: e.place, note: n})
}

func (s *session) swap(ctx context.Context, e *Elector, expect contents, next record.Record) (sighting, error) {
	return s.ask(ctx, e, request{place: e.place, swap: swapTo(expect, next)})
}

func (s *session) ask(ctx context.Context, e *Elector, q request) (sighting, error) {
	r := s.packets.do(ctx, s.clock.Timer(e.timing.Attempt), q)
	return r.sighting, r.err
}

// peek is a look in plain commands, alone in its packet.
func (s *session) peek(ctx context.Context, e *Elector) (sighting, error) {
	attempt := s.clock.Timer(e.timing.Attempt)
	answer := make(chan reply, 1)
	s.calls.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), attempt)
		defer cancel()
		seen, err := s.register.Peek(ctx, e.place.key)
		request{place: e.place}.learn(reply{seen, err})
		answer <- reply{seen, err}
	})
	r, _ := await(ctx, attempt, answer, s.packets.from)
	return r.sighting, r.err
}

// pause waits for d of the session's clock, or until wake or ctx ends it early.
// It returns ctx's cause if that ended it.
func (s *session) pause(ctx context.Context, d time.Duration, wake <-chan struct{}) error {
	t := time.NewTimer(max(0, s.clock.Timer(d)))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-wake:
	case <-t.C:
	}
	s.clock.Now() // where a stalled process stays stalled
	return nil
}

// wake puts a token into a 1-slot channel; one that is there already will do.
func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
