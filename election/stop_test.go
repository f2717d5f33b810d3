package election

// Shows a promise of Lead: an end takes no longer than StopBudget.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/link"
	"example.com/incumbent/internal/redistest"
	"example.com/incumbent/internal/register"
)

// A stopped server, which accepts connections and does not answer, holds up nobody
// for longer than the budget: not by requests, nor by a subscription that is being
// made, nor by a connection that is being made beside them. Dialers for TLS don't look
// at contexts.
func TestStopBudgetWhenNobodyAnswers(t *testing.T) {
	waits := redistest.Either(
		[]time.Duration{0, 600 * time.Millisecond, 40 * time.Second},
		[]time.Duration{0, 300 * time.Millisecond, 600 * time.Millisecond, 900 * time.Millisecond, 40 * time.Second})
	for _, c := range []struct {
		name            string
		wrapped, stands bool
		heedless        bool
	}{
		{"leader", false, false, false},
		{"candidate", false, true, false},
		{"leader with TLS", false, false, true},
		{"candidate with TLS", false, true, true},
		{"leader with a wrapper", true, false, false},
		{"candidate with a wrapper", true, true, false},
	} {
		for _, wait := range waits {
			t.Run(fmt.Sprint(c.name, ", after ", wait), func(t *testing.T) {
				bubble(t, func(w *world) {
					s := &stopped{}
					a := w.candidate("a", unwrapped, lease(2*time.Second))
					a.rdb = w.stub.Client(a.link, s.deafen(c.heedless))
					if c.wrapped {
						a.rdb = struct{ *redis.Client }{a.rdb.(*redis.Client)}
					}
					a.connect()
					if c.stands {
						w.candidate("b").leader(obey)
					}
					work := a.lingering(a.Timing().Grace)
					r := a.lead(work)
					time.Sleep(time.Minute)
					s.deaf.Store(true)
					a.link.Cut()
					time.Sleep(wait)
					at := w.since()
					_ = r.stop()
					if took := r.errAt - at; took > a.StopBudget() {
						w.Errorf("Lead returned after %v, its budget is %v", took, a.StopBudget())
					}
					s.deaf.Store(false)
					a.link.Heal()
				})
			})
		}
	}
}

// Who only asks makes no connection that would be of use to nobody, and that leaving would
// have to wait for: not even over a client that is used as it is.
func TestAskingObeysItsContext(t *testing.T) {
	bubble(t, func(w *world) {
		s := &stopped{}
		a := w.candidate("a", unwrapped)
		a.rdb = struct{ *redis.Client }{w.stub.Client(a.link, s.deafen(false))}
		a.connect()
		_, _ = a.Leader(w.Context()) // its client has a connection
		a.swallow()
		for what, ask := range map[string]func(context.Context) error{
			"Leader":   func(ctx context.Context) error { return second(a.Leader(ctx)) },
			"StepDown": func(ctx context.Context) error { return a.StepDown(ctx, "") },
		} {
			ctx, cancel := context.WithTimeout(w.Context(), time.Second)
			at := w.since()
			if err := ask(ctx); !errors.Is(err, ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
				w.Errorf("%s = %v", what, err)
			}
			cancel()
			if took := w.since() - at; took > time.Second+register.Afterwards {
				w.Errorf("%s took %v, its context 1 s", what, took)
			}
		}
	})
}

// stopped is a server that is stopped at times.
type stopped struct{ deaf atomic.Bool }

func (s *stopped) deafen(heedless bool) func(*redis.Options) {
	return func(o *redis.Options) {
		dial := o.Dialer
		o.ContextTimeoutEnabled, o.PoolSize, o.MaxRetries = true, 100, -1
		o.Dialer = func(ctx context.Context, network, addr string) (net.Conn, error) {
			switch {
			case !heedless && ctx.Err() != nil:
				return nil, ctx.Err()
			case !s.deaf.Load():
				return dial(ctx, network, addr)
			}
			here, there := net.Pipe()
			go io.Copy(io.Discard, there)
			return here, nil
		}
	}
}

// What the caller's context ended with says nothing of our trust, also if it is the
// end of another election.
func TestTheEndOfAnOuterElectionIsTheCallers(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		r := a.leader(func(ctx context.Context, _ Term) error {
			<-ctx.Done()
			time.Sleep(10 * time.Second)
			if err := a.Check(); err != nil {
				w.Errorf("Check of a drain with leadership kept: %v", err)
			}
			return nil
		})
		time.Sleep(time.Minute)
		r.cancel(fmt.Errorf("outer: %w", ErrExpired))
		time.Sleep(time.Minute)
		if over := a.overruns(); len(over) != 1 || !over[0].Held {
			w.Errorf("overruns %+v, want one with leadership held", over)
		}
	})
}

// A release that meets a successor has released nothing if that one had waited for
// the end of our lease.
func TestLeadershipTakenOverIsNotReleased(t *testing.T) {
	bubble(t, func(w *world) {
		w.zombies = true
		a, b := w.candidate("a"), w.candidate("b")
		until := make(chan struct{})
		a.leader(ignoring(until))
		rb := b.lead(obey)
		time.Sleep(time.Minute)
		a.cut()
		rb.begun()
		time.Sleep(time.Second)
		time.AfterFunc(200*time.Millisecond, a.heal) // the first try of the release fails, the second is answered
		close(until)
		time.Sleep(time.Minute)
		if a.count(KindReleased) != 0 || w.written("released") != 0 {
			w.Errorf("told of %v, released %d times", a.kinds(), w.written("released"))
		}
	})
}

// A slow observer is waited for by the Lead whose events it is given, and by no other
// call; until then the Conn is in use.
func TestSlowObserverIsWaitedForByItsOwnLead(t *testing.T) {
	bubble(t, func(w *world) {
		gate := make(chan struct{})
		var inside atomic.Int32
		a := w.candidate("a")
		a.cfg.Observer = func(ev Event) {
			if inside.Add(1) > 1 {
				w.Errorf("%s while the observer is being given something else", ev.Kind)
			}
			a.note(ev)
			if ev.Kind == KindRevoked {
				<-gate
			}
			inside.Add(-1)
		}
		a.connect()
		ctx, cancel := context.WithCancel(w.Context())
		observed := make(chan struct{})
		go func() {
			defer close(observed)
			for range a.Observe(ctx) {
			}
		}()
		r := a.leader(obey)
		r.cancel(context.Canceled)
		synctest.Wait()
		cancel()
		<-observed // does not wait for the observer
		if _, err := a.Leader(w.Context()); err != nil {
			w.Errorf("Leader = %v", err)
		}
		if err := a.conn.Close(); !errors.Is(err, ErrRunning) {
			w.Errorf("Close = %v while Lead waits for the observer", err)
		}
		select {
		case <-r.ended:
			w.Error("Lead returned before its events were delivered")
		default:
		}
		close(gate)
		_ = r.wait()
		if got, want := fmt.Sprint(a.kinds()), "[elected revoked released]"; got != want {
			w.Errorf("given %s, want %s", got, want)
		}
	})
}

// Clearing up after a claim has one budget, also if what it finds at the end has to be
// released first.
func TestClearingUpHasOneBudget(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		w.trap("elected", "a", 1, func(arrival) { a.link.Stall(link.ToClient) })
		w.trap("released", "a", 100, func(arrival) { a.link.Swallow() })
		r := a.lead(obey)
		synctest.Wait()
		at := w.since()
		r.cancel(nil)
		time.AfterFunc(a.Elector.cfg.ReleaseTimeout-time.Millisecond, func() { a.link.Resume() })
		_ = r.wait()
		if took, most := r.errAt-at, a.Elector.cfg.ReleaseTimeout+a.Timing().Attempt; took > most || w.written("released") == 0 {
			w.Errorf("Lead returned after %v and %d releases, want %v at most", took, w.written("released"), most)
		}
	})
}
