package election

// Shows S4: however work ends, by a panic too, its leadership is released after it.

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"

	"example.com/incumbent/internal/record"
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
			if got := w.record(); got.Status != record.Vacant || r.errAt != time.Minute {
				w.Errorf("record %v at %v", got, r.errAt)
			}
			if got := a.event(KindRevoked); got.Reason != ReasonWork {
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
			if got := w.record(); got.Status != record.Vacant || got.Holder != "a" || a.IsLeader() {
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
		if got := w.record(); got.Status != record.Vacant || a.IsLeader() {
			w.Errorf("record %v", got)
		}
		if err := a.conn.Close(); err != nil {
			w.Errorf("Close = %v: Goexit left something behind", err)
		}
	})
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
		if err := a.StepDown(w.Context(), ""); err != nil {
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
		if ContextErr(below) != nil || ContextErr(w.Context()) != nil {
			w.Errorf("Err = %v, %v within the term", ContextErr(below), ContextErr(w.Context()))
		}
		a.clock.StepWall(time.Hour)
		if ContextErr(below) == nil {
			w.Error("Err = nil when trust is over")
		}
		cancelled, cancel := context.WithCancel(context.Background())
		cancel()
		if !errors.Is(ContextErr(cancelled), context.Canceled) {
			w.Errorf("Err = %v outside of work", ContextErr(cancelled))
		}
		if _, ok := TermFrom(cancelled); ok {
			w.Error("a term outside of work")
		}
	})
}
