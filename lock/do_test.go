package lock

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestALockIsHeldByOneAtATime(t *testing.T) {
	bubble(t, true, func(w *world) {
		a, b := w.process("a"), w.process("b")
		go func() { _ = a.Do(w.Context(), "x", w.works("a", 2*time.Second)) }()
		w.at(time.Second)
		if err := b.Do(w.Context(), "x", w.works("b", time.Second)); err != nil {
			w.Error(err)
		}
		w.expect("0s a begins", "2s a ends", "2s b begins", "3s b ends")
	})
}

// The wait for a lock and the life of the work are two things.
func TestTryWaitsForTheLockAndWorksAsLongAsItTakes(t *testing.T) {
	bubble(t, true, func(w *world) {
		a, b := w.process("a"), w.process("b")
		go func() { _ = a.Do(w.Context(), "x", w.works("a", time.Second)) }()
		w.at(time.Millisecond)
		if err := b.Try(w.Context(), "x", 1500*time.Millisecond, w.works("b", 3*time.Second)); err != nil {
			w.Error(err)
		}
		w.expect("0s a begins", "1s a ends", "1s b begins", "4s b ends")
	})
}

func TestTryGivesUp(t *testing.T) {
	bubble(t, true, func(w *world) {
		a, b := w.process("a"), w.process("b")
		go func() { _ = a.Do(w.Context(), "x", w.works("a", 5*time.Second)) }()
		w.at(time.Second)
		for _, wait := range []time.Duration{0, 700 * time.Millisecond} {
			before := w.since()
			err := b.Try(w.Context(), "x", wait, nothing)
			var held *Error
			if !errors.As(err, &held) || !errors.Is(err, ErrHeld) || w.since()-before != wait || held.Waited != wait {
				w.Fatalf("%v after %v: %v", err, w.since()-before, held)
			}
			if len(held.Holders) != 1 || held.Holders[0].ID != "a" || !held.Holders[0].Since.Equal(w.began) || held.Name != "x" || held.Space != "locks" {
				w.Errorf("%+v", held)
			}
		}
		if f := w.fields(); f["w:x"] != "" {
			w.Errorf("%q is left", f["w:x"])
		}
	})
}

func TestAWaitEndsWithItsContext(t *testing.T) {
	bubble(t, true, func(w *world) {
		a, b := w.process("a"), w.process("b")
		go func() { _ = a.Do(w.Context(), "x", w.works("a", 5*time.Second)) }()
		w.at(time.Millisecond)
		mine := errors.New("mine")
		ctx, cancel := context.WithTimeoutCause(w.Context(), time.Second, mine)
		defer cancel()
		err := b.Do(ctx, "x", nothing)
		if !errors.Is(err, ErrHeld) || !errors.Is(err, mine) || w.since() != 1001*time.Millisecond {
			w.Errorf("%v after %v", err, w.since())
		}
		if err := b.Do(ctx, "y", nothing); !errors.Is(err, mine) {
			w.Error(err)
		}
	})
}
