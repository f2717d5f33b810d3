package election

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

var errBoom = errors.New("boom")

func TestWorkThatEndsByItself(t *testing.T) {
	for _, want := range []error{nil, errBoom} {
		bubble(t, func(w *world) {
			a := w.candidate("a")
			r := a.leader(lasting(time.Minute, want))
			if err := r.wait(); err != want {
				w.Errorf("Lead = %v, want exactly %v", err, want)
			}
			if got := w.record(); got.status != vacant || r.errAt != time.Minute {
				w.Errorf("record %v at %v", got, r.errAt)
			}
			if got := a.event(Revoked); got.Reason != "work" {
				w.Errorf("revoked for %q", got.Reason)
			}
			again := a.leader(obey)
			if waited := again.at - r.errAt; waited != 5*time.Second {
				w.Errorf("led again after %v, want the cool-down", waited)
			}
		})
	}
}

func TestNegativeCoolDownIsNone(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a", coolDown(-1))
		r := a.leader(lasting(time.Minute, nil))
		_ = r.wait()
		if again := a.leader(obey); again.at != r.errAt {
			w.Errorf("led again after %v, want at once", again.at-r.errAt)
		}
	})
}

func TestPanicReleasesAndGoesOn(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		defer func() {
			if got := recover(); got != "boom" {
				w.Errorf("recovered %v", got)
			}
			if got := w.record(); got.status != vacant || got.holder != "a" || a.IsLeader() {
				w.Errorf("record %v when the panic went on", got)
			}
			if got := fmt.Sprint(a.kinds()); got != "[elected revoked released]" {
				w.Errorf("events %v", got)
			}
		}()
		_ = a.Lead(w.Context(), func(context.Context, Term) error {
			time.Sleep(time.Minute)
			panic("boom")
		})
	})
}

// Work that panicked has failed: its process stands back like one whose work
// returned an error, if it lives on.
func TestPanicStandsBack(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		func() {
			defer func() { _ = recover() }()
			_ = a.Lead(w.Context(), func(context.Context, Term) error { panic("boom") })
		}()
		if again := a.leader(obey); again.at != 5*time.Second {
			w.Errorf("led again after %v, want the cool-down", again.at)
		}
	})
}

func TestGoexitReleases(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		r := a.lead(func(context.Context, Term) error {
			time.Sleep(time.Minute)
			runtime.Goexit()
			return nil
		})
		_ = r.wait()
		if got := w.record(); got.status != vacant || a.IsLeader() {
			w.Errorf("record %v", got)
		}
		if err := a.conn.Close(); err != nil {
			w.Errorf("Close = %v: Goexit left something behind", err)
		}
	})
}

// While work drains after a voluntary end nobody else gets the office.
func TestVoluntaryDrainKeepsTheOffice(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		r := a.leader(a.lingering(150 * time.Second))
		rb := w.candidate("b").lead(obey)
		time.Sleep(time.Minute)
		cause := errors.New("shutting down")
		at := w.since()
		r.cancel(cause)
		if over, got := r.over(); over != at || got != cause {
			w.Errorf("the context ended after %v with %v", over-at, got)
		}
		w.sleepUntil(at + 149*time.Second)
		if rb.isElected() || a.IsLeader() || a.Check() != nil {
			w.Errorf("successor %v, leader %v, check %v while the work drains", rb.isElected(), a.IsLeader(), a.Check())
		}
		if got := a.overruns(); len(got) != 1 || !got[0].Held || got[0].Late != 0 || got[0].Cause != cause || got[0].Term != r.term || got[0].Election != "x" {
			w.Errorf("overruns %+v, want one, held", got)
		}
		if got := a.event(Lingering).Time.Sub(w.start); got != at+a.Timing().Grace || a.count(Overran) != 0 {
			w.Errorf("it was told %v after the stop, want after the grace; events %v", got-at, a.kinds())
		}
		rb.begun()
		if err := r.wait(); err != nil || rb.at != at+150*time.Second {
			w.Errorf("Lead = %v, successor after %v", err, rb.at-at)
		}
	})
}

// As soon as beats fail, a voluntary drain has what trust and grace leave.
func TestVoluntaryDrainWithoutRedis(t *testing.T) {
	bubble(t, func(w *world) {
		w.zombies = true
		a := w.candidate("a")
		until := make(chan struct{})
		r := a.leader(ignoring(until))
		rb := w.candidate("b").lead(obey)
		time.Sleep(time.Minute)
		r.cancel(nil)
		time.Sleep(30 * time.Second)
		last := a.anchor()
		a.swallow()
		w.sleepUntil(a.trustFrom(last) + a.Timing().Grace - 1)
		if got := a.overruns(); len(got) != 1 || !got[0].Held {
			w.Errorf("overruns %+v before trust and grace were over, want one, held", got)
		}
		time.Sleep(1)
		if got := a.overruns(); len(got) != 2 || got[1].Held || got[1].Late != 0 || !errors.Is(got[1].Cause, context.Canceled) {
			w.Errorf("overruns %+v when trust and grace are over, want a second, not held", got)
		}
		if err := a.Check(); err == nil {
			w.Error("Check finds nothing wrong")
		}
		rb.begun()
		close(until)
		if err := r.wait(); err != nil {
			w.Errorf("Lead = %v after an end that the caller wanted", err)
		}
		if len(a.overruns()) != 2 {
			w.Errorf("overruns %+v", a.overruns())
		}
	})
}

// A drain whose Redis is away for less than its trust goes on as if nothing had
// been.
func TestVoluntaryDrainThroughAShortOutage(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		r := a.leader(a.lingering(2 * time.Minute))
		rb := w.candidate("b").lead(obey)
		time.Sleep(time.Minute)
		r.cancel(nil)
		for range 5 {
			time.Sleep(10 * time.Second)
			a.cut()
			time.Sleep(6 * time.Second)
			a.heal()
		}
		rb.begun()
		if got := a.overruns(); len(got) != 1 || !got[0].Held || rb.at != 3*time.Minute {
			w.Errorf("overruns %+v, successor at %v", got, rb.at)
		}
	})
}

func TestWorkThatIgnoresItsLoss(t *testing.T) {
	bubble(t, func(w *world) {
		w.zombies = true
		a := w.candidate("a")
		until := make(chan struct{})
		r := a.leader(ignoring(until))
		time.Sleep(time.Minute)
		last := a.anchor()
		a.cut()
		w.sleepUntil(a.trustFrom(last) - 1)
		if a.Check() != nil {
			w.Errorf("Check = %v within trust", a.Check())
		}
		w.sleepUntil(a.trustFrom(last))
		if a.Check() == nil {
			w.Error("Check finds nothing wrong when trust has ended")
		}
		w.sleepUntil(a.trustFrom(last) + a.Timing().Grace - 1)
		if got := a.overruns(); len(got) != 0 {
			w.Errorf("overruns %+v within the grace", got)
		}
		time.Sleep(1)
		if got := a.overruns(); len(got) != 1 || got[0].Held || !errors.Is(got[0].Cause, ErrExpired) {
			w.Errorf("overruns %+v, want one, not held", got)
		}
		time.Sleep(5 * time.Minute)
		if a.count(Overran) != 1 || a.count(Revoked) != 1 {
			w.Errorf("events %v", a.kinds())
		}
		close(until)
		if err := r.wait(); !errors.Is(err, ErrExpired) {
			w.Errorf("Lead = %v", err)
		}
	})
}

// After a loss to somebody else there is no grace at all.
func TestNoGraceWhenAnotherHoldsTheOffice(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		until := make(chan struct{})
		r := a.leader(ignoring(until))
		time.Sleep(time.Minute)
		other := w.record()
		other.term, other.holder, other.nonce = other.term+1, "somebody", newNonce()
		w.put(other)
		at, cause := r.over()
		var lost *LostError
		if !errors.Is(cause, ErrLost) || !errors.As(cause, &lost) || lost.To.ID != "somebody" || lost.To.Term != other.term {
			w.Errorf("cause %v", cause)
		}
		w.sleepUntil(at + a.Timing().Slack)
		if got := a.overruns(); len(got) != 1 || got[0].Held || got[0].Late != a.Timing().Slack {
			w.Errorf("overruns %+v, want one, told as soon as work that obeys has had the time to", got)
		}
		if a.Check() == nil {
			w.Error("Check finds nothing wrong with work in an office that is lost")
		}
		close(until)
		_ = r.wait()
		if got := w.record(); got.String() != other.String() || a.count(HistoryLost) != 0 {
			w.Errorf("record %v, events %v", got, a.kinds())
		}
	})
}

// Work that obeys is told to nobody, even where it has no grace.
func TestWorkThatObeysOverrunsNothing(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		r := a.leader(obey)
		time.Sleep(time.Minute)
		other := w.record()
		other.term, other.holder, other.nonce = other.term+1, "somebody", newNonce()
		w.put(other)
		if err := r.wait(); !errors.Is(err, ErrLost) || len(a.overruns()) != 0 {
			w.Errorf("Lead = %v, overruns %+v", err, a.overruns())
		}
	})
}

// The work returns an error of its own while its term ends: Lead returns both.
func TestLeadReturnsWhatTheWorkAndTheTermSay(t *testing.T) {
	work := func(err error) Work {
		return func(ctx context.Context, _ Term) error { <-ctx.Done(); return err }
	}
	cause := errors.New("shutting down")
	plainEnds := map[string]Work{
		"nothing":   work(nil),
		"its error": func(ctx context.Context, _ Term) error { <-ctx.Done(); return ctx.Err() },
		"its cause": func(ctx context.Context, _ Term) error { <-ctx.Done(); return context.Cause(ctx) },
		"wrapped": func(ctx context.Context, _ Term) error {
			<-ctx.Done()
			return fmt.Errorf("stopping: %w", context.Cause(ctx))
		},
	}
	for name, work := range plainEnds {
		bubble(t, func(w *world) {
			r := w.candidate("a").leader(work)
			r.cancel(cause)
			if err := r.wait(); err != nil {
				w.Errorf("%s: Lead = %v, want nil", name, err)
			}
			a := w.candidate("a")
			r = a.leader(work)
			_ = a.StepDown(w.Context())
			if err := r.wait(); !errors.Is(err, ErrStepDown) || strings.Count(err.Error(), "asked to step down") != 1 {
				w.Errorf("%s: Lead = %v, want %v once", name, err, ErrStepDown)
			}
		})
	}
	bubble(t, func(w *world) {
		r := w.candidate("a").leader(work(errBoom))
		r.cancel(cause)
		if err := r.wait(); err != errBoom {
			w.Errorf("Lead = %v, want exactly %v", err, errBoom)
		}
		a := w.candidate("a")
		r = a.leader(work(errBoom))
		a.cut()
		if err := r.wait(); !errors.Is(err, errBoom) || !errors.Is(err, ErrExpired) {
			w.Errorf("Lead = %v, want %v and %v", err, errBoom, ErrExpired)
		}
	})
}

// The caller's own deadline ends a term like any end that the caller wants.
func TestCallersDeadline(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		ctx, cancel := context.WithTimeout(w.Context(), time.Minute)
		defer cancel()
		if err := a.Lead(ctx, obey); err != nil || w.since() != time.Minute {
			w.Errorf("Lead = %v after %v", err, w.since())
		}
		if err := a.Lead(ctx, obey); !errors.Is(err, context.DeadlineExceeded) {
			w.Errorf("Lead = %v, want %v", err, context.DeadlineExceeded)
		}
	})
}

// The work returns just when its term is lost.
func TestWorkThatEndsDuringALoss(t *testing.T) {
	for _, before := range []time.Duration{-1, 0, 1, time.Second} {
		bubble(t, func(w *world) {
			a := w.candidate("a")
			r := a.leader(lasting(68*time.Second-before, nil)) // the last beat is of 58.9 s
			w.sleepUntil(time.Minute)
			a.cut()
			err := r.wait()
			if err != nil && !errors.Is(err, ErrExpired) {
				w.Errorf("Lead = %v", err)
			}
			if a.count(Revoked) != 1 || a.count(ReleaseFailed) != 1 {
				w.Errorf("events %v", a.kinds())
			}
		})
	}
}

// A term inside of another: what ends the outer one is the caller's wish to the
// inner one.
func TestOuterTermIsTheInnerOnesCaller(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		inner := a.sibling(func(c *Config) { c.Name, c.Observer = "inner", nil })
		var innerErr error
		r := a.leader(func(ctx context.Context, _ Term) error {
			innerErr = inner.Lead(ctx, func(ctx context.Context, term Term) error {
				if got, ok := TermFrom(ctx); !ok || got != term {
					w.Errorf("TermFrom = %d in term %d", got, term)
				}
				return obey(ctx, term)
			})
			return nil
		})
		time.Sleep(time.Minute)
		if err := a.StepDown(w.Context()); err != nil {
			w.Errorf("StepDown = %v", err)
		}
		if err := r.wait(); !errors.Is(err, ErrStepDown) || innerErr != nil {
			w.Errorf("outer %v, inner %v; want %v, nil", err, innerErr, ErrStepDown)
		}
	})
}

// A context below the work's learns of the end of trust from a timer; Err asks
// the term's clock.
func TestErrReadsTheTermsClock(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		r := a.leader(obey)
		time.Sleep(time.Minute)
		below, cancel := context.WithCancel(r.ctx)
		defer cancel()
		if Err(below) != nil || Err(w.Context()) != nil {
			w.Errorf("Err = %v, %v within the term", Err(below), Err(w.Context()))
		}
		a.clock.setWall(time.Hour)
		if Err(below) == nil {
			w.Error("Err = nil when trust is over")
		}
		cancelled, cancel := context.WithCancel(context.Background())
		cancel()
		if !errors.Is(Err(cancelled), context.Canceled) {
			w.Errorf("Err = %v outside of work", Err(cancelled))
		}
		if _, ok := TermFrom(cancelled); ok {
			w.Error("a term outside of work")
		}
	})
}
