package election

// Shows a promise of Lead: inside of itself it is an error at once.

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/redistest"
)

// Work that leads its own election again would wait for itself until its deadline.
func TestLeadInsideLeadOfTheSameElectionIsAnErrorAtOnce(t *testing.T) {
	derived := map[string]func(context.Context) (context.Context, context.CancelFunc){
		"the work's context": func(ctx context.Context) (context.Context, context.CancelFunc) { return ctx, func() {} },
		"a derived one": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(context.WithValue(ctx, anyKey{}, 1), 8*time.Second)
		},
		"a detached one": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(context.WithoutCancel(ctx), 8*time.Second)
		},
	}
	electors := map[string]func(a *candidate) *Elector{
		"the same elector":     func(a *candidate) *Elector { return a.Elector },
		"another of its Conn":  func(a *candidate) *Elector { return a.sibling(func(c *Config) { c.ID = "b"; c.Observer = nil }) },
		"of another Conn":      func(a *candidate) *Elector { return a.w.candidate("b").Elector },
		"with a plain client":  func(a *candidate) *Elector { return a.w.candidate("b", unwrapped).Elector },
		"of the same client":   func(a *candidate) *Elector { return newElector(a.w, a.rdb, "x") },
		"of a client's option": func(a *candidate) *Elector { return newElector(a.w, a.w.stub.Client(a.w.stub.Link()), "x") },
	}
	for how, derive := range derived {
		for which, elector := range electors {
			bubble(t, func(w *world) {
				a := w.candidate("a")
				inner := elector(a)
				r := a.leader(func(ctx context.Context, _ Term) error {
					ctx, cancel := derive(ctx)
					defer cancel()
					if err := inner.TryLead(ctx, obey); !errors.Is(err, ErrRunning) {
						w.Errorf("%s, %s: TryLead inside Lead = %v, want %v", how, which, err, ErrRunning)
					}
					return inner.Lead(ctx, obey)
				})
				if err := r.wait(); !errors.Is(err, ErrRunning) || r.errAt != 0 {
					w.Errorf("%s, %s: Lead inside Lead = %v after %v, want %v at once", how, which, err, r.errAt, ErrRunning)
				}
			})
		}
	}
}

func newElector(w *world, rdb Redis, name string) *Elector {
	w.Helper()
	e, err := New(rdb, Config{Name: name, Bootstrap: BootstrapImmediate, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		w.Fatal(err)
	}
	return e
}

// Other terms may lie between: the election of each of them is refused.
func TestLeadInsideLeadLooksAtAllTermsAround(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		between := a.sibling(func(c *Config) { c.Name, c.Observer = "y", nil })
		r := a.leader(func(ctx context.Context, _ Term) error {
			return between.Lead(ctx, func(ctx context.Context, _ Term) error {
				return w.candidate("b").Lead(ctx, obey)
			})
		})
		if err := r.wait(); !errors.Is(err, ErrRunning) || r.errAt != 0 {
			w.Errorf("Lead = %v after %v, want %v at once", err, r.errAt, ErrRunning)
		}
	})
}

// Another name, prefix, database or server is another election.
func TestLeadInsideLeadOfAnotherElection(t *testing.T) {
	others := map[string]func(a *candidate) *Elector{
		"name":   func(a *candidate) *Elector { return a.sibling(func(c *Config) { c.Name, c.Observer = "y", nil }) },
		"prefix": func(a *candidate) *Elector { return a.sibling(func(c *Config) { c.Prefix, c.Observer = "p:", nil }) },
		"database": func(a *candidate) *Elector {
			return newElector(a.w, a.w.stub.Client(a.w.stub.Link(), func(o *redis.Options) { o.DB = 3 }), "x")
		},
		"server": func(a *candidate) *Elector {
			stub := redistest.NewStub(a.w)
			return newElector(a.w, stub.Client(stub.Link(), func(o *redis.Options) { o.Addr = "10.0.0.2:6379" }), "x")
		},
	}
	for name, elector := range others {
		bubble(t, func(w *world) {
			a := w.candidate("a")
			inner, ran := elector(a), false
			r := a.leader(func(ctx context.Context, _ Term) error {
				time.Sleep(time.Second) // the world takes them for one, and wants terms to rise
				return inner.Lead(ctx, func(context.Context, Term) error { ran = true; return nil })
			})
			if err := r.wait(); err != nil || !ran {
				w.Errorf("another %s: Lead = %v, ran: %t", name, err, ran)
			}
		})
	}
}

// A context outlives the work that it was made for: then it works for nobody.
func TestLeadUnderAContextOfWorkThatHasEnded(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a", coolDown(-1))
		var kept context.Context
		if err := a.Lead(w.Context(), func(ctx context.Context, _ Term) error { kept = context.WithoutCancel(ctx); return nil }); err != nil {
			w.Fatal(err)
		}
		if err := a.Lead(kept, lasting(time.Second, nil)); err != nil {
			w.Errorf("Lead = %v", err)
		}
	})
}

// The trust of the outer term ends in a stall, that of the inner one, whose lease
// is long, does not. Right after the stall, before any timer has run, the inner
// work is not to see a single nil.
func TestWorkInsideOfATermWhoseTrustIsOver(t *testing.T) {
	looks := map[string]func(ctx context.Context, inner *Elector) bool{
		"Err":                      func(ctx context.Context, _ *Elector) bool { return ctx.Err() != nil },
		"Done":                     func(ctx context.Context, _ *Elector) bool { return isClosed(ctx.Done()) },
		"ContextErr":               func(ctx context.Context, _ *Elector) bool { return ContextErr(ctx) != nil },
		"IsLeader":                 func(_ context.Context, e *Elector) bool { return !e.IsLeader() },
		"Err of a derived context": derivedErr,
		"Err below a detached one": func(ctx context.Context, _ *Elector) bool { return ContextErr(context.WithoutCancel(ctx)) != nil },
	}
	for name, over := range looks {
		bubble(t, func(w *world) {
			w.zombies = true
			a := w.candidate("a", lease(2*time.Second))
			inner := a.sibling(func(c *Config) { c.Name, c.Lease, c.Observer = "inner", time.Minute, nil })
			r := a.leader(func(ctx context.Context, _ Term) error {
				return inner.Lead(ctx, func(ctx context.Context, _ Term) error {
					time.Sleep(10 * time.Second)
					if over(ctx, inner) {
						w.Errorf("%s: over before its time", name)
					}
					a.clock.StepWall(5 * time.Second) // what a stall leaves: clocks went on, and no timer has run
					if !over(ctx, inner) {
						w.Errorf("%s: the inner work goes on after the outer term", name)
					}
					if !errors.Is(context.Cause(ctx), ErrExpired) {
						w.Errorf("%s: cause %v, want the outer term's, %v", name, context.Cause(ctx), ErrExpired)
					}
					return ctx.Err()
				})
			})
			if err := r.wait(); !errors.Is(err, ErrExpired) {
				w.Errorf("%s: Lead = %v, want %v", name, err, ErrExpired)
			}
		})
	}
}

func derivedErr(ctx context.Context, _ *Elector) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Hour)
	defer cancel()
	return ContextErr(ctx) != nil
}

// An inner term may be detached from the outer one, so that only its clock tells of it:
// ContextErr reads that, too.
func TestContextErrReadsTheClocksOfTermsThatItIsDetachedFrom(t *testing.T) {
	bubble(t, func(w *world) {
		w.zombies = true
		a := w.candidate("a", lease(2*time.Second))
		inner := a.sibling(func(c *Config) { c.Name, c.Lease, c.Observer = "inner", time.Minute, nil })
		r := a.leader(func(ctx context.Context, _ Term) error {
			return inner.Lead(context.WithoutCancel(ctx), func(ctx context.Context, _ Term) error {
				if err := ContextErr(ctx); err != nil {
					w.Errorf("while both terms last: %v", err)
				}
				a.clock.StepWall(5 * time.Second) // a stall: clocks went on, and no timer has run
				if err := ContextErr(ctx); !errors.Is(err, context.Canceled) {
					w.Errorf("after the outer term: %v", err)
				}
				return nil
			})
		})
		if err := r.wait(); !errors.Is(err, ErrExpired) {
			w.Errorf("Lead = %v, want %v", err, ErrExpired)
		}
	})
}
