package election

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"example.com/incumbent/internal/seam"
)

// A session is what runs while electors of a Conn do: a client, the goroutine
// that beats, the subscription, and the goroutine that reports.
type session struct {
	clock    seam.Clock
	register store
	close    func() error // of a client of our own
	beater   *beater
	hints    hinter
	reporter *reporter
	calls    sync.WaitGroup // requests under way, also those nobody waits for any more
}

// store is a key as a compare-and-set register: see [register].
type store interface {
	Look(ctx context.Context, key string) (sighting, error)
	Peek(ctx context.Context, key string) (sighting, error)
	CAS(ctx context.Context, swaps ...swap) []reply
}

// hinter is where pushes come from: see [hints].
type hinter interface {
	listen(channel string, l *listener) (stop func())
	stop()
}

func startSession(rdb Redis, clock seam.Clock, log *slog.Logger) *session {
	s := &session{clock: clock, reporter: startReporter()}
	if sim, ok := rdb.(seam.Registered); ok {
		in := simulated{sim.Register(), clock}
		s.register, s.hints, s.close = in, in, func() error { return nil }
	} else {
		own, closeOwn := dedicated(rdb)
		s.register, s.hints, s.close = newRegister(own, clock), startHints(own, clock, log), closeOwn
	}
	s.beater = startBeater(s.register, clock)
	return s
}

// stop ends everything and waits for it. Reports go last: what came before may
// have something to say.
func (s *session) stop() {
	s.beater.stop()
	s.hints.stop()
	s.calls.Wait()
	_ = s.close() // of our own client: nothing that could be lost
	s.reporter.stop()
}

// look and swap ask the register, for as long as one attempt may take.

func (s *session) look(ctx context.Context, e *Elector) (sighting, error) {
	return ask(ctx, s, e.timing.Attempt, func(ctx context.Context) (sighting, error) {
		return s.register.Look(ctx, e.place.key)
	}, e.memory)
}

func (s *session) peek(ctx context.Context, e *Elector) (sighting, error) {
	return ask(ctx, s, e.timing.Attempt, func(ctx context.Context) (sighting, error) {
		return s.register.Peek(ctx, e.place.key)
	}, e.memory)
}

func (s *session) swap(ctx context.Context, e *Elector, expect contents, next record) (sighting, error) {
	sw := swap{place: e.place, expect: expect, next: next.String()}
	return ask(ctx, s, e.timing.Attempt, func(ctx context.Context) (sighting, error) {
		r := s.register.CAS(ctx, sw)[0]
		return r.sighting, r.err
	}, e.memory)
}

// ask runs a request beside a timer of ours: a client's call can outlive its
// context by many seconds, so its return must not decide when we go on.
func ask(ctx context.Context, s *session, attempt time.Duration, request func(context.Context) (sighting, error), m *memory) (sighting, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.clock.Timer(attempt), fmt.Errorf("no answer within %v", attempt))
	answer := make(chan reply, 1)
	s.calls.Go(func() {
		defer cancel()
		r, err := request(ctx)
		answer <- reply{r, err}
	})
	var r reply
	select {
	case r = <-answer:
	case <-ctx.Done():
		select {
		case r = <-answer: // it ended the context itself, having answered
		default:
			return sighting{}, fmt.Errorf("%w: %w", ErrUnavailable, context.Cause(ctx))
		}
	}
	if r.err == nil {
		m.remember(r.sighting)
	}
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
