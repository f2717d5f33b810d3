package election

import (
	"context"
	"log/slog"
	"time"

	"example.com/incumbent/internal/pubsub"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/seam"
)

// A session is what runs while electors of a Conn do: a client, the goroutine
// that beats, and the subscription.
type session struct {
	clock    seam.Clock
	requests *register.Batcher // all but beats
	line     *register.Line    // of packages beside this one
	warmer   *register.Warmer
	cut      func()       // ends the connections of a client of our own
	close    func() error // and closes it
	beater   *beater
	source   pubsub.Source
	reporter *reporter
}

// startSession starts one that reports to the Conn's reporter. What replies show goes into
// the memory of their key.
func startSession(rdb Redis, clock seam.Clock, log *slog.Logger, r *reporter, of func(key string) *memory) *session {
	s := &session{clock: clock, reporter: r}
	own, cut := register.Derive(rdb)
	s.cut, s.close = cut, func() error { return nil }
	if own != nil {
		rdb, s.close = own, own.Close
	}
	s.warmer = register.NewWarmer(rdb)
	var store register.Store
	var from *register.Target
	if sim, ok := rdb.(pubsub.Simulation); ok {
		store, s.source, s.cut = sim.Open()
	} else {
		r := register.NewRegister(rdb, clock, s.warmer.Warm)
		store, s.source, from = r, pubsub.Subscribe(rdb, clock, log), r.Target
	}
	s.line = register.NewLine(rdb, clock)
	s.beater = startBeater(store, clock)
	s.requests = register.NewBatcher(&remembering{store, of}, from, &s.beater.overloaded)
	return s
}

// stop ends everything and waits for it.
func (s *session) stop() {
	s.source.Stop(s.cut) // and whatever else nobody waits for any more
	s.beater.stop()
	s.requests.Wait()
	s.line.Wait()
	s.warmer.Stop()
	_ = s.close() // of our own client: nothing that could be lost
}

// target is whom the session's client reaches; nil in a simulation.
func (s *session) target() *register.Target {
	if s == nil || s.requests == nil {
		return nil
	}
	return s.requests.From
}

// holder is what packages beside this one need of a candidate.
func (s *session) holder(c *candidacy, g record.Grant) register.Holder {
	listen := func(channel string, hear func(text string)) (stop func()) {
		return s.source.Listen(channel, &pubsub.Listener{Hear: func(m pubsub.Message) { hear(m.Text) }})
	}
	return register.Holder{
		Place: c.place, Client: c.rdb, Grant: g,
		Beside: register.Beside{
			Line: s.line, Listen: listen, Name: c.cfg.Name, ID: c.cfg.ID,
			Lease: c.cfg.Lease, Attempt: c.timing.Attempt, Memory: &c.memory().beside,
		},
	}
}

// hurry has a leadership beat now because of a notification.
func (s *session) hurry(t *leadership) { s.beater.hurry(t) }

// look and swap ask the register, for as long as one attempt may take.

func (s *session) look(ctx context.Context, c *candidacy, n register.Note) (register.Observation, error) {
	return s.ask(ctx, c, register.Request{Place: c.place, Note: n})
}

func (s *session) swap(ctx context.Context, c *candidacy, expect register.Contents, next record.Record) (register.Observation, error) {
	return s.ask(ctx, c, register.Request{Place: c.place, Swap: register.SwapTo(expect, next)})
}

func (s *session) ask(ctx context.Context, c *candidacy, q register.Request) (register.Observation, error) {
	r := s.requests.Do(ctx, s.clock.Timer(c.timing.Attempt), q)
	return r.Observation, r.Err
}

// peek is a look in plain commands.
func (s *session) peek(ctx context.Context, c *candidacy) (register.Observation, error) {
	r := s.requests.Peek(ctx, s.clock.Timer(c.timing.Attempt), c.place)
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
