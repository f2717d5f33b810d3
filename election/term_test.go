package election

// Shows S3: the work's context and term are right at every look, without a timer.

import (
	"context"
	"errors"
	"testing"
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/scope"
)

// aWork is a work's context that the test expires.
type aWork struct {
	*workContext
	clock *handClock
}

// runOut ends trust by the clock, and no timer has run yet.
func (w *aWork) runOut() { w.clock.now.Mono += time.Hour }

// anyKey is a key of no meaning.
type anyKey struct{}

func newWork(parent context.Context, term Term) *aWork {
	clock := &handClock{}
	trust := newTrust(parent, "e", term, clock, heartbeat.NewPulse(heartbeat.ForLease(time.Minute), clock.now, 0))
	return &aWork{&workContext{Context: trust.ctx, term: term, outer: scope.WorkOf(parent), trust: trust, caller: parent}, clock}
}

func TestTermFrom(t *testing.T) {
	if term, ok := TermFrom(t.Context()); ok || term != 0 {
		t.Errorf("outside of work: %d, %v", term, ok)
	}
	w := newWork(t.Context(), 42)
	derived, cancel := context.WithTimeout(context.WithValue(w, anyKey{}, 1), time.Hour)
	defer cancel()
	for name, ctx := range map[string]context.Context{"work": w, "derived": derived, "detached": context.WithoutCancel(derived)} {
		if term, ok := TermFrom(ctx); !ok || term != 42 {
			t.Errorf("%s: %d, %v", name, term, ok)
		}
	}
	w.trust.end(ErrStepDown)
	if term, ok := TermFrom(derived); !ok || term != 42 {
		t.Errorf("after the term's end: %d, %v", term, ok)
	}
}

// Work of one election may run below work of another.
func TestTermFromTellsOfTheInnermostWork(t *testing.T) {
	outer := newWork(t.Context(), 1)
	inner := newWork(outer, 2)
	if term, _ := TermFrom(inner); term != 2 {
		t.Errorf("term %d, want 2", term)
	}
	if term, _ := TermFrom(outer); term != 1 {
		t.Errorf("term %d, want 1", term)
	}
	outer.runOut()
	_ = outer.Err()
	if err := ContextErr(inner); !errors.Is(err, context.Canceled) {
		t.Errorf("the inner work goes on after the outer one: %v", err)
	}
}

// A process that was paused must not see a single nil from Err because the timer
// that ends the term has not run yet.
func TestWorkSeesItsEndWithoutATimer(t *testing.T) {
	for name, look := range map[string]func(w *aWork) bool{
		"Err":  func(w *aWork) bool { return w.Err() != nil },
		"Done": func(w *aWork) bool { <-w.Done(); return true },
		"Err of a derived context": func(w *aWork) bool {
			ctx, cancel := context.WithTimeout(w, time.Hour)
			defer cancel()
			return ContextErr(ctx) != nil
		},
		"Err of a detached context": func(w *aWork) bool { return ContextErr(context.WithoutCancel(w)) != nil },
	} {
		w := newWork(t.Context(), 1)
		if w.Err() != nil || ContextErr(w) != nil {
			t.Fatalf("%s: over before its time", name)
		}
		w.runOut()
		if !look(w) || !errors.Is(context.Cause(w), ErrExpired) {
			t.Errorf("%s: does not see that trust is over", name)
		}
	}
}

func TestErrOutsideOfWork(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	if err := ContextErr(ctx); err != nil {
		t.Error(err)
	}
	cancel()
	if err := ContextErr(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// A derived context that ended by itself has ended, though its term has not.
func TestErrOfADerivedContextThatEnded(t *testing.T) {
	w := newWork(t.Context(), 1)
	ctx, cancel := context.WithCancel(w)
	cancel()
	if err := ContextErr(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if w.Err() != nil {
		t.Error("the term ended with it")
	}
}

func TestWorkHasNoDeadlineAndKeepsValues(t *testing.T) {
	w := newWork(context.WithValue(t.Context(), anyKey{}, "v"), 1)
	if _, ok := w.Deadline(); ok {
		t.Error("it has a deadline, which a beat would move")
	}
	if w.Value(anyKey{}) != "v" || w.Value("other") != nil {
		t.Error("values of the caller's context are lost")
	}
}

func TestNobody(t *testing.T) {
	if !(Leader{}).Nobody() || (Leader{Term: 1}).Nobody() {
		t.Error("the zero Leader is nobody, and only that")
	}
}

func TestLeaderOfARecord(t *testing.T) {
	r := record.Record{Term: 3, Lease: time.Second, Holder: "h", Nonce: aNonce, Meta: "m"}
	for s, want := range map[record.Status]Leader{
		record.Led:         {ID: "h", Term: 3, Meta: "m", Lease: time.Second},
		record.Draining:    {ID: "h", Term: 3, Meta: "m", Lease: time.Second, Draining: true},
		record.Vacant:      {},
		record.Quarantined: {},
	} {
		r.Status = s
		if got := leaderOf(r); got != want || r.Held() == got.Nobody() {
			t.Errorf("%c: %+v, held %v; want %+v", s, got, r.Held(), want)
		}
	}
}
