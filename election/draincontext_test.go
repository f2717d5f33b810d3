package election

// Shows what a call promises about Drain: what is in hand can be finished while leadership
// is kept, and not longer.

import (
	"context"
	"errors"
	"testing"
	"time"
)

// A request for the end of the term does not end the drain context. The end of trust does,
// by the clock of the term, before any timer has run.
func TestDrainOutlivesTheTermsContext(t *testing.T) {
	w := newWork(t.Context(), 42)
	ctx := context.WithValue(w, anyKey{}, "ours")
	drain := Drain(ctx)
	derived, cancel := context.WithCancel(drain)
	defer cancel()
	w.trust.end(ErrStepDown)
	if ctx.Err() == nil || drain.Err() != nil || ContextErr(derived) != nil || context.Cause(drain) != nil {
		t.Errorf("after a step-down: work %v, drain %v, derived %v, cause %v", ctx.Err(), drain.Err(), ContextErr(derived), context.Cause(drain))
	}
	if term, ok := TermFrom(derived); !ok || term != 42 || drain.Value(anyKey{}) != "ours" {
		t.Errorf("term %d, value %v", term, drain.Value(anyKey{}))
	}
	if _, ok := drain.Deadline(); ok {
		t.Error("the drain has a deadline")
	}
	w.runOut()
	if err := ContextErr(derived); !errors.Is(err, context.Canceled) {
		t.Errorf("derived: %v", err)
	}
	if cause := context.Cause(drain); !errors.Is(cause, ErrExpired) || !errors.Is(context.Cause(derived), ErrExpired) {
		t.Errorf("cause %v, of the derived %v", cause, context.Cause(derived))
	}
	if cause := context.Cause(ctx); !errors.Is(cause, ErrStepDown) {
		t.Errorf("the work's cause became %v", cause)
	}
	select {
	case <-derived.Done():
	default:
		t.Error("a context derived from the drain has not ended with it")
	}
}

// Outside of work there is nothing to drain under.
func TestDrainOutsideOfWork(t *testing.T) {
	if ctx := t.Context(); Drain(ctx) != ctx {
		t.Error("another context than the one that was given")
	}
}

// The drain of an inner term ends with the first leadership that ends.
func TestDrainInsideOfTwoTerms(t *testing.T) {
	outer := newWork(t.Context(), 1)
	inner := newWork(outer, 2)
	drain := Drain(inner)
	outer.trust.end(ErrStepDown)
	if inner.Err() == nil || drain.Err() != nil {
		t.Errorf("after the outer step-down: inner work %v, drain %v", inner.Err(), drain.Err())
	}
	outer.runOut()
	if drain.Err() == nil || !errors.Is(context.Cause(drain), ErrExpired) || ContextErr(drain) == nil {
		t.Errorf("after the outer loss: drain %v, cause %v", drain.Err(), context.Cause(drain))
	}
}

// A term can begin in the drain of another, and is not ended by what ended that one's
// work.
func TestTermInTheDrainOfAnother(t *testing.T) {
	outer := newWork(t.Context(), 1)
	inner := newWork(Drain(outer), 2)
	outer.trust.end(ErrStepDown)
	if inner.Err() != nil || ContextErr(inner) != nil {
		t.Errorf("after the outer step-down: inner work %v, by the clocks %v", inner.Err(), ContextErr(inner))
	}
	inner.trust.end(ErrStepDown)
	if inner.Err() == nil || ContextErr(inner) == nil || ContextErr(Drain(inner)) != nil {
		t.Errorf("after its own: work %v, by the clocks %v, drain %v", inner.Err(), ContextErr(inner), ContextErr(Drain(inner)))
	}
	outer.runOut()
	if ContextErr(Drain(inner)) == nil {
		t.Error("the drain goes on after the outer leadership has ended")
	}
}

// The clock that counts for such a term is its own: that the drain around it goes on says
// nothing of it.
func TestTheClockOfATermInTheDrainOfAnother(t *testing.T) {
	outer := newWork(t.Context(), 1)
	inner := newWork(Drain(outer), 2)
	derived, cancel := context.WithCancel(inner)
	defer cancel()
	inner.runOut()
	if derived.Err() != nil {
		t.Fatal("a timer has run: this shows nothing")
	}
	if ContextErr(derived) == nil || !errors.Is(context.Cause(inner), ErrExpired) {
		t.Errorf("the trust of the inner term is over, and ContextErr says nil; cause %v", context.Cause(inner))
	}
}

// drained is work that notes when its drain ends, and why.
type drained struct {
	over  time.Duration
	cause error
}

func (d *drained) work(w *world) Work {
	return func(ctx context.Context, _ Term) error {
		<-Drain(ctx).Done()
		d.over, d.cause = w.since(), context.Cause(Drain(ctx))
		return nil
	}
}

// After the caller's end the drain lasts as long as beats are confirmed, and ends to the
// nanosecond with the trust in the last one.
func TestDrainEndsWithTrust(t *testing.T) {
	bubble(t, func(w *world) {
		a, d := w.candidate("a"), &drained{}
		r := a.leader(d.work(w))
		time.Sleep(time.Minute)
		r.cancel(errors.New("shutting down"))
		time.Sleep(10 * time.Minute)
		if d.over != 0 {
			w.Fatalf("the drain ended after %v with %v although leadership is kept", d.over, d.cause)
		}
		last := a.anchor()
		a.swallow()
		r.over()
		_ = r.wait()
		if d.over != a.trustFrom(last) || !errors.Is(d.cause, ErrExpired) {
			w.Errorf("the drain ended after %v with %v, want %v", d.over, d.cause, a.trustFrom(last))
		}
	})
}

// What is left under way when the work has returned ends then.
func TestDrainEndsWithTheWork(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		var drain context.Context
		r := a.leader(func(ctx context.Context, _ Term) error { drain = Drain(ctx); return nil })
		_ = r.wait()
		if drain.Err() == nil || !errors.Is(context.Cause(drain), ErrWorkEnded) {
			w.Errorf("after the work: %v, %v", drain.Err(), context.Cause(drain))
		}
	})
}

// A drain ends when the record names another, and says so: the work's own context had ended
// before, for another reason.
func TestDrainEndsWithTheRecord(t *testing.T) {
	bubble(t, func(w *world) {
		a, d := w.candidate("a"), &drained{}
		r := a.leader(d.work(w))
		time.Sleep(time.Minute)
		r.cancel(errors.New("shutting down"))
		time.Sleep(time.Minute)
		at := w.since()
		w.put(sample)
		_ = r.wait()
		if !errors.Is(d.cause, ErrLost) || d.over-at > a.Timing().Beat {
			w.Errorf("the drain ended %v after the record was another's, with %v", d.over-at, d.cause)
		}
	})
}
