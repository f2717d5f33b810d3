package lock

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/scope"
	"example.com/incumbent/internal/space"
)

// A crashed holder is waited for a lease from its last beat.
func TestACrashIsWaitedForALease(t *testing.T) {
	bubble(t, true, func(w *world) {
		a, b := w.process("a"), w.process("b")
		go func() { _ = a.Do(w.Context(), "x", w.works("a", time.Hour)) }()
		w.at(1500 * time.Millisecond)
		a.client.Cut()
		if err := b.Do(w.Context(), "x", w.works("b", 0)); err != nil {
			w.Error(err)
		}
		// b first saw those bytes when it came, at 1.5 s.
		w.expect("0s a begins", lostAt(a)+" a ends", "6.5s b begins", "6.5s b ends")
	})
}

// lostAt is when a process that is cut off has lost its trust.
func lostAt(p *process) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, ev := range p.events {
		if ev.Kind == election.KindRevoked {
			return ev.Time.Sub(p.w.began).String()
		}
	}
	return "never"
}

// Trust counts from the first send of the last confirmed beat, and ends all that the session
// holds; work hears of it from its context.
func TestTrustEndsAllWorkOfTheSession(t *testing.T) {
	bubble(t, true, func(w *world) {
		a := w.process("a")
		results := make(chan error, 2)
		for _, name := range []string{"x", "y"} {
			go func() {
				results <- a.Do(w.Context(), name, func(ctx context.Context, _ Term) error {
					if name == "y" {
						time.Sleep(100 * time.Millisecond)
					}
					<-ctx.Done()
					if election.Drain(ctx).Err() == nil {
						w.Error("kept")
					}
					return nil
				})
			}()
		}
		w.at(time.Millisecond)
		a.client.Cut() // nothing but what made the session was confirmed, at 0 s
		for range 2 {
			if err := <-results; !errors.Is(err, ErrExpired) || w.since() != a.timing.Trust {
				w.Errorf("%v after %v", err, w.since())
			}
		}
		synctest.Wait() // events come on a goroutine of their own
		if n := a.count(election.KindRevoked); n != 1 {
			w.Errorf("%d events of one loss", n)
		}
		a.client.Heal()
		if err := a.Do(w.Context(), "z", nothing); err != nil { // under a new session
			w.Error(err)
		}
	})
}

// A process that stands still past its trust does not see a single nil from its context.
func TestWorkThatWasPausedSeesTheEndAtOnce(t *testing.T) {
	bubble(t, true, func(w *world) {
		a, b := w.process("a"), w.process("b")
		err := a.Do(w.Context(), "x", func(ctx context.Context, _ Term) error {
			a.client.Pause(10 * time.Second)
			if !errors.Is(context.Cause(ctx), ErrExpired) && ctx.Err() == nil {
				w.Error("alive")
			}
			if election.ContextErr(ctx) == nil || election.Drain(ctx).Err() == nil {
				w.Error("alive")
			}
			return nil
		})
		if !errors.Is(err, ErrExpired) {
			w.Error(err)
		}
		if err := b.Try(w.Context(), "x", time.Minute, nothing); err != nil {
			w.Error(err)
		}
	})
}

// Redis loses its data while a lock is held: the work ends at the next beat, and nobody gets a
// lock for a lease.
func TestALossOfDataEndsAllLocksAndWaitsALease(t *testing.T) {
	bubble(t, true, func(w *world) {
		a, b := w.process("a"), w.process("b")
		lost := make(chan error, 1)
		var first, second Term
		go func() {
			lost <- a.Do(w.Context(), "x", func(ctx context.Context, term Term) error {
				first = term
				<-ctx.Done()
				return nil
			})
		}()
		w.at(time.Second)
		w.redis.FlushAll()
		if err := b.Try(w.Context(), "y", 0, nothing); !errors.Is(err, ErrHeld) {
			w.Error(err)
		} else if held, _ := errors.AsType[*Error](err); len(held.Holders) != 0 {
			w.Errorf("%+v", held)
		}
		if err := <-lost; !errors.Is(err, ErrLost) || w.since() > time.Second+a.timing.Beat {
			w.Errorf("%v after %v", err, w.since())
		}
		err := b.Do(w.Context(), "x", func(_ context.Context, term Term) error {
			second = term
			return nil
		})
		if err != nil || w.since() != 6*time.Second || second <= first {
			w.Errorf("%v after %v, term %d after %d", err, w.since(), second, first)
		}
		synctest.Wait()
		if a.count(election.KindRevoked) != 1 || b.count(election.KindQuarantined) != 1 {
			w.Errorf("%+v %+v", a.events, b.events)
		}
	})
}

// The first call ever waits for a lease, in one process for all names.
func TestANewSpaceOpensAfterALease(t *testing.T) {
	bubble(t, false, func(w *world) {
		a, b := w.process("a"), w.process("b")
		done := make(chan time.Duration, 4)
		for _, p := range []*process{a, b} {
			for _, name := range []string{p.cfg.ID + "1", p.cfg.ID + "2"} {
				go func() {
					if err := p.Do(w.Context(), name, nothing); err != nil {
						w.Error(err)
					}
					done <- w.since()
				}()
			}
		}
		w.at(time.Second)
		if err := a.Try(w.Context(), "z", time.Second, nothing); !errors.Is(err, ErrHeld) || w.since() != 2*time.Second {
			w.Errorf("%v after %v", err, w.since())
		}
		for range 4 {
			if at := <-done; at != lease {
				w.Errorf("after %v", at)
			}
		}
	})
}

func TestTryWithoutAWaitOpensASpaceToo(t *testing.T) {
	bubble(t, false, func(w *world) {
		a := w.process("a")
		for {
			err := a.Try(w.Context(), "x", 0, nothing)
			if err == nil {
				break
			}
			if !errors.Is(err, ErrHeld) || !strings.Contains(err.Error(), "nobody gets one for a lease") || w.since() > 2*lease {
				w.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		if w.since() != lease {
			w.Error(w.since())
		}
	})
}

func TestBootstrapAtOnce(t *testing.T) {
	bubble(t, false, func(w *world) {
		a := w.process("a", func(c *Config) { c.Bootstrap = election.BootstrapImmediate })
		if err := a.Try(w.Context(), "x", 0, nothing); err != nil {
			w.Fatal(err)
		}
		w.redis.FlushAll() // of a space that this process has seen
		if err := a.Do(w.Context(), "x", nothing); err != nil || w.since() != lease {
			w.Errorf("%v after %v", err, w.since())
		}
	})
}

// A quarantine is as long as the longest lease in use, also for who never met its session.
func TestALongLeaseIsWaitedForByAll(t *testing.T) {
	bubble(t, true, func(w *world) {
		long, short := w.process("long", func(c *Config) { c.Lease = 20 * time.Second }), w.process("short")
		go func() {
			_ = long.Do(w.Context(), "x", func(ctx context.Context, _ Term) error { return w.works("long", time.Hour)(ctx, 0) })
		}()
		w.at(time.Second)
		if err := short.Do(w.Context(), "y", nothing); err != nil {
			w.Fatal(err)
		}
		w.at(7 * time.Second) // a cleanup has shown the epoch
		if err := short.Do(w.Context(), "y", nothing); err != nil {
			w.Fatal(err)
		}
		w.at(14 * time.Second)
		long.client.Cut()
		w.redis.FlushAll()
		if err := short.Do(w.Context(), "x", w.works("short", 0)); err != nil || w.since() != 34*time.Second {
			w.Errorf("%v after %v", err, w.since())
		}
	})
}

func TestWorkThatOutlivesItsGraceIsReported(t *testing.T) {
	bubble(t, true, func(w *world) {
		a := w.process("a")
		graceEnded := time.Duration(0)
		err := a.Do(w.Context(), "x", func(ctx context.Context, _ Term) error {
			grace := scope.Grace(ctx)
			a.client.Cut()
			<-ctx.Done()
			if err := a.Check(); !errors.Is(err, ErrExpired) {
				w.Error(err)
			}
			if grace.Err() != nil {
				w.Error("no grace")
			}
			<-grace.Done()
			graceEnded = w.since()
			time.Sleep(time.Second)
			return nil
		})
		if !errors.Is(err, ErrExpired) || graceEnded != a.timing.Trust+a.timing.Grace {
			w.Error(err, graceEnded)
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		if len(a.late) != 1 || a.late[0].Name != "locks/x" || a.late[0].Held || !errors.Is(a.late[0].Cause, ErrExpired) {
			w.Errorf("%+v", a.late)
		}
		if err := a.Check(); err != nil {
			w.Error(err)
		}
	})
}

// Whoever opens a space looks again after an answer that did not come.
func TestOpeningOutlivesALostAnswer(t *testing.T) {
	bubble(t, false, func(w *world) {
		a := w.process("a")
		l, err := a.join()
		if err != nil {
			w.Fatal(err)
		}
		defer a.leave()
		now := a.clock.Now()
		absent, err := space.NewSight("", now, now)
		if err != nil {
			w.Fatal(err)
		}
		a.client.Cut()
		if left, err := a.epoch.advance(w.Context(), l, absent); err != nil || left <= 0 {
			w.Errorf("it waits %v (%v)", left, err)
		}
		a.client.Heal()
		if err := a.Do(w.Context(), "x", nothing); err != nil {
			w.Error(err)
		}
	})
}
