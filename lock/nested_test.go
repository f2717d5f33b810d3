package lock

import (
	"context"
	"errors"
	"testing"
	"time"

	"example.com/incumbent/election"
)

func TestALockInsideOfItselfRunsAtOnce(t *testing.T) {
	bubble(t, true, func(w *world) {
		a := w.process("a")
		again, err := Open(a.client, Config{ID: "again"}) // another Space of the same space
		if err != nil {
			w.Fatal(err)
		}
		mine := errors.New("mine")
		err = a.Do(w.Context(), "x", func(ctx context.Context, outer Term) error {
			for _, s := range []*Space{a.Space, again} {
				inner := func(_ context.Context, inner Term) error {
					if inner != outer {
						w.Errorf("term %d in %d", inner, outer)
					}
					return mine
				}
				if err := s.Do(ctx, "x", inner); !errors.Is(err, mine) {
					w.Error(err)
				}
				if err := s.Seats("x", 3).Try(ctx, 0, inner); !errors.Is(err, mine) {
					w.Error(err)
				}
			}
			held, release, err := a.Hold(ctx, "x", 0)
			if err != nil {
				w.Fatal(err)
			}
			if err := release(); err != nil || held.Err() == nil || ctx.Err() != nil {
				w.Error(err, held.Err(), ctx.Err())
			}
			if term, ok := election.TermFrom(ctx); !ok || term != outer {
				w.Error(term, ok)
			}
			return nil
		})
		if err != nil {
			w.Error(err)
		}
		if err := again.Close(); err != nil {
			w.Error(err)
		}
	})
}

// A context that outlives its work is not inside any more.
func TestAContextOfWorkThatHasReturnedIsOutside(t *testing.T) {
	bubble(t, true, func(w *world) {
		a := w.process("a")
		var leaked context.Context
		_ = a.Do(w.Context(), "x", func(ctx context.Context, _ Term) error {
			leaked = context.WithoutCancel(ctx)
			return nil
		})
		go func() { _ = a.Do(w.Context(), "x", w.works("other", time.Second)) }()
		w.at(time.Millisecond)
		if err := a.Try(leaked, "x", 0, nothing); !errors.Is(err, ErrHeld) {
			w.Error(err)
		}
	})
}

// Two locks in two orders: the context ends the deadlock, and the error names who holds what.
func TestADeadlockEndsByItsContextAndNamesTheHolder(t *testing.T) {
	bubble(t, true, func(w *world) {
		a, b := w.process("a"), w.process("b")
		both := func(p *process, first, second string) error {
			return p.Do(w.Context(), first, func(ctx context.Context, _ Term) error {
				time.Sleep(time.Second)
				ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
				defer cancel()
				return p.Do(ctx, second, nothing)
			})
		}
		other := make(chan error, 1)
		go func() { other <- both(b, "y", "x") }()
		w.at(time.Millisecond)
		if err := both(a, "x", "y"); err != nil {
			w.Error(err) // the other has given up by then
		}
		err := <-other
		var held *Error
		if !errors.As(err, &held) || held.Name != "x" || len(held.Holders) != 1 || held.Holders[0].ID != "a" || !errors.Is(err, context.DeadlineExceeded) {
			w.Errorf("%v", err)
		}
	})
}

func TestALockAroundAnotherOfItsSpace(t *testing.T) {
	bubble(t, true, func(w *world) {
		a, b := w.process("a"), w.process("b")
		err := a.Do(w.Context(), "x", func(ctx context.Context, outer Term) error {
			return a.Do(ctx, "y", func(ctx context.Context, inner Term) error {
				if term, _ := election.TermFrom(ctx); term != inner || inner <= outer {
					w.Error(term, inner, outer)
				}
				for _, name := range []string{"x", "y"} {
					if err := a.Do(ctx, name, nothing); err != nil {
						w.Error(err)
					}
					if err := b.Try(w.Context(), name, 0, nothing); !errors.Is(err, ErrHeld) {
						w.Error(err)
					}
				}
				return nil
			})
		})
		if err != nil {
			w.Error(err)
		}
	})
}

func TestPanicsFreeTheLock(t *testing.T) {
	bubble(t, true, func(w *world) {
		a, b := w.process("a"), w.process("b")
		func() {
			defer func() {
				if recover() != "mine" {
					w.Error("the panic was swallowed")
				}
			}()
			_ = a.Do(w.Context(), "x", func(context.Context, Term) error { panic("mine") })
		}()
		if err := b.Try(w.Context(), "x", 0, nothing); err != nil {
			w.Error(err)
		}
	})
}

func TestHoldIsHeldUntilItsRelease(t *testing.T) {
	bubble(t, true, func(w *world) {
		a, b := w.process("a"), w.process("b")
		held, release, err := a.Hold(w.Context(), "x", 0)
		if err != nil || held.Err() != nil {
			w.Fatal(err, held)
		}
		w.at(time.Minute) // forgotten, it stays held
		if err := b.Try(w.Context(), "x", 0, nothing); !errors.Is(err, ErrHeld) {
			w.Error(err)
		}
		if err := a.Close(); !errors.Is(err, ErrRunning) {
			w.Error(err)
		}
		for range 2 {
			if err := release(); err != nil || held.Err() == nil {
				w.Error(err, held.Err())
			}
		}
		if err := b.Try(w.Context(), "x", 0, nothing); err != nil {
			w.Error(err)
		}
		if _, _, err := a.Hold(w.Context(), "x", 0); !errors.Is(err, ErrClosed) {
			w.Error(err)
		}
	})
}
