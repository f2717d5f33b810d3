package singleton_test

// Shows S8: hooks come in pairs.

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/singleton"
)

// revocation is a call of OnRevoked, and what Redis held at that moment.
type revocation struct {
	term   election.Term
	cause  error
	record record.Record
}

// witness are hooks and work that note what is called.
type witness struct {
	w         *world
	calls     []string
	elected   []election.Term
	revoked   []revocation
	onElected func(context.Context) error
	work      func(context.Context) error
}

// around returns the work with its hooks.
func (v *witness) around() election.Work {
	return singleton.Hooks{
		OnElected: func(ctx context.Context, term election.Term) error {
			v.calls = append(v.calls, "elected")
			v.elected = append(v.elected, term)
			if v.onElected != nil {
				return v.onElected(ctx)
			}
			return nil
		},
		OnRevoked: func(ctx context.Context, term election.Term, cause error) {
			v.calls = append(v.calls, "revoked")
			v.revoked = append(v.revoked, revocation{term, cause, v.w.record()})
			if got, ok := election.TermFrom(ctx); !ok || got != term {
				v.w.Errorf("OnRevoked's context is of term %d, %t; want %d", got, ok, term)
			}
			if ctx.Err() != nil { // all of these are called within the grace
				v.w.Errorf("OnRevoked's context has ended: %v", ctx.Err())
			}
		},
	}.Around(func(ctx context.Context, _ election.Term) error {
		v.calls = append(v.calls, "work")
		defer func() { v.calls = append(v.calls, "work ended") }()
		return v.work(ctx)
	})
}

var whole = []string{"elected", "work", "work ended", "revoked"}

// Whatever ends a term: OnRevoked is called once, with the term that OnElected
// was called with, when the work has ended and leadership is still held.
func TestHooksComeInPairs(t *testing.T) {
	enough := errors.New("enough")
	obedient := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	tests := map[string]struct {
		onElected func(context.Context) error
		work      func(context.Context) error
		end       func(w *world, c *candidate, stop context.CancelCauseFunc) // ends the term after a minute
		calls     []string
		reason    election.Reason
		causes    []error       // that OnRevoked's wraps
		status    record.Status // of the record in OnRevoked
	}{
		"caller": {
			end:    func(_ *world, _ *candidate, stop context.CancelCauseFunc) { stop(enough) },
			reason: election.ReasonCaller, causes: []error{enough}, status: record.Led,
		},
		"lost to another": {
			end:    func(w *world, _ *candidate, _ context.CancelCauseFunc) { w.vacate() },
			reason: election.ReasonLost, causes: []error{election.ErrLost}, status: record.Vacant,
		},
		"expired": {
			end:    func(_ *world, c *candidate, _ context.CancelCauseFunc) { c.client.Cut() },
			reason: election.ReasonExpired, causes: []error{election.ErrExpired}, status: record.Led,
		},
		"asked to step down": {
			end: func(w *world, c *candidate, _ context.CancelCauseFunc) {
				ctx := context.WithoutCancel(w.Context()) // the answer may come after the push that ends the test
				if err := c.StepDown(ctx, ""); err != nil {
					w.Error(err)
				}
			},
			reason: election.ReasonStepDown, causes: []error{election.ErrStepDown}, status: record.Draining,
		},
		"work ended": {
			work:   func(context.Context) error { return nil },
			reason: election.ReasonWork, causes: []error{election.ErrWorkEnded}, status: record.Led,
		},
		"work failed": {
			work:   func(context.Context) error { return errBoom },
			reason: election.ReasonWork, causes: []error{election.ErrWorkEnded, errBoom}, status: record.Led,
		},
		"work panicked": {
			work:   func(context.Context) error { panic("at the disco") },
			reason: election.ReasonWork, causes: []error{election.ErrWorkEnded}, status: record.Led,
		},
		"work left its goroutine": {
			work:   func(context.Context) error { runtime.Goexit(); return nil },
			reason: election.ReasonWork, causes: []error{election.ErrWorkEnded}, status: record.Led,
		},
		"OnElected failed": {
			onElected: func(context.Context) error { return errBoom },
			calls:     []string{"elected", "revoked"},
			reason:    election.ReasonWork, causes: []error{election.ErrWorkEnded, errBoom}, status: record.Led,
		},
		"OnElected panicked": {
			onElected: func(context.Context) error { panic("at the disco") },
			calls:     []string{"elected", "revoked"},
			reason:    election.ReasonWork, causes: []error{election.ErrWorkEnded}, status: record.Led,
		},
		"OnElected left its goroutine": {
			onElected: func(context.Context) error { runtime.Goexit(); return nil },
			calls:     []string{"elected", "revoked"},
			reason:    election.ReasonWork, causes: []error{election.ErrWorkEnded}, status: record.Led,
		},
		"ended while OnElected ran": {
			onElected: obedient,
			end:       func(w *world, _ *candidate, _ context.CancelCauseFunc) { w.vacate() },
			calls:     []string{"elected", "revoked"},
			reason:    election.ReasonLost, causes: []error{election.ErrLost}, status: record.Vacant,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				v := &witness{w: w, onElected: tc.onElected, work: tc.work}
				if v.work == nil {
					v.work = obedient
				}
				c := w.candidate("a")
				ctx, stop := context.WithCancelCause(w.Context())
				defer stop(nil)
				if tc.end != nil {
					time.AfterFunc(time.Minute, func() { tc.end(w, c, stop) })
				}
				ending(func() { _ = c.Lead(ctx, v.around()) })

				want := tc.calls
				if want == nil {
					want = whole
				}
				if !slices.Equal(v.calls, want) {
					w.Fatalf("called %v, want %v", v.calls, want)
				}
				got := v.revoked[0]
				if got.term != v.elected[0] {
					w.Errorf("OnRevoked of term %d after OnElected of term %d", got.term, v.elected[0])
				}
				for _, cause := range tc.causes {
					if !errors.Is(got.cause, cause) {
						w.Errorf("the cause is %v, want %v", got.cause, cause)
					}
				}
				if reason := election.ReasonOf(got.cause); reason != tc.reason {
					w.Errorf("the reason is %s, want %s", reason, tc.reason)
				}
				if got.record.Status != tc.status || tc.status != record.Vacant && got.record.Term != int64(got.term) {
					w.Errorf("OnRevoked of term %d found the record %v, want %c", got.term, got.record, tc.status)
				}
				if name == "expired" {
					return // what is cut off releases nothing
				}
				w.expectStatus(record.Vacant)
			})
		})
	}
}

// Over many terms the hooks alternate, and no two terms overlap.
func TestHooksAlternateTermByTerm(t *testing.T) {
	bubble(t, func(w *world) {
		v := &witness{w: w}
		c := w.candidate("a", noCoolDown)
		v.work = func(ctx context.Context) error {
			time.Sleep(time.Second)
			if ctx.Err() != nil {
				return nil
			}
			switch len(v.elected) % 4 {
			case 0:
				return errBoom
			case 1:
				w.vacate()
			case 2:
				c.client.BlackHole()
				time.Sleep(10 * time.Second)
				c.client.Heal()
			default:
				if err := c.StepDown(w.Context(), ""); err != nil {
					w.Error(err)
				}
			}
			<-ctx.Done()
			return nil
		}
		k := c.keep(v.around(), singleton.Policy{MaxBackOff: time.Second})
		time.Sleep(10 * time.Minute)
		if err := k.stop(); err != nil {
			w.Errorf("Keep returned %v", err)
		}
		for i, call := range v.calls {
			if call != whole[i%4] {
				w.Fatalf("call %d is %s, want %s", i, call, whole[i%4])
			}
		}
		if len(v.revoked) < 20 || len(v.revoked) != len(v.elected) {
			w.Fatalf("%d elections and %d revocations", len(v.elected), len(v.revoked))
		}
		for i, r := range v.revoked {
			if r.term != v.elected[i] || i > 0 && r.term <= v.revoked[i-1].term {
				w.Errorf("OnRevoked of term %d after OnElected of term %d", r.term, v.elected[i])
			}
		}
	})
}

// A run that is repeated within a term is a run of the hooks, too.
func TestHooksAroundRestartedWorkComeInPairs(t *testing.T) {
	bubble(t, func(w *world) {
		v := &witness{w: w, work: func(ctx context.Context) error {
			time.Sleep(time.Second)
			if ctx.Err() != nil {
				return nil
			}
			return errBoom
		}}
		k := w.candidate("a").keep(v.around(), singleton.Policy{OnReturn: singleton.OnReturnRestart, MaxBackOff: time.Second})
		time.Sleep(time.Minute)
		if err := k.stop(); err != nil {
			w.Errorf("Keep returned %v", err)
		}
		if len(v.revoked) < 20 || len(v.revoked) != len(v.elected) {
			w.Fatalf("%d elections and %d revocations", len(v.elected), len(v.revoked))
		}
		for i, r := range v.revoked {
			if r.term != v.elected[0] || v.elected[i] != r.term || r.record.Status != record.Led {
				w.Errorf("OnRevoked %+v after OnElected of term %d", r, v.elected[i])
			}
		}
	})
}

func TestHooksAloneWaitForTheEndOfTheTerm(t *testing.T) {
	bubble(t, func(w *world) {
		var calls []string
		var at []time.Duration
		note := func(call string) { calls, at = append(calls, call), append(at, w.now()) }
		k := w.candidate("a").keep(singleton.Hooks{
			OnElected: func(context.Context, election.Term) error { note("elected"); return nil },
			OnRevoked: func(context.Context, election.Term, error) { note("revoked") },
		}.Work(), singleton.Policy{})
		time.Sleep(time.Minute)
		if err := k.stop(); err != nil {
			w.Errorf("Keep returned %v", err)
		}
		if !slices.Equal(calls, []string{"elected", "revoked"}) || !slices.Equal(at, []time.Duration{0, time.Minute}) {
			w.Errorf("called %v at %v", calls, at)
		}
	})
}

func TestEachHookMayBeLeftOut(t *testing.T) {
	called := 0
	tests := map[string]singleton.Hooks{
		"both":         {},
		"OnElected is": {OnRevoked: func(context.Context, election.Term, error) { called++ }},
		"OnRevoked is": {OnElected: func(context.Context, election.Term) error { called++; return nil }},
	}
	for name, hooks := range tests {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				k := w.candidate("a").keep(hooks.Work(), singleton.Policy{})
				time.Sleep(time.Minute)
				if err := k.stop(); err != nil {
					w.Errorf("Keep returned %v", err)
				}
			})
		})
	}
	if called != 2 {
		t.Errorf("%d calls of the hooks that were not left out, want 2", called)
	}
}

func TestOnElectedFailingEndsTheTermByThePolicy(t *testing.T) {
	bubble(t, func(w *world) {
		work := singleton.Hooks{OnElected: func(context.Context, election.Term) error { return errBoom }}.Work()
		err := w.candidate("a").keep(work, singleton.Policy{OnReturn: singleton.OnReturnStop}).returned()
		if !errors.Is(err, errBoom) || !strings.Contains(err.Error(), "OnElected") {
			w.Errorf("Keep returned %v, want it to wrap the error and to name the hook", err)
		}
	})
}

// Hooks may take their time: beats go on, and leadership is held until the last
// one has returned.
func TestSlowHooksDelayNoBeat(t *testing.T) {
	bubble(t, func(w *world) {
		slow := func() {
			for range 20 {
				before := w.record()
				time.Sleep(5 * time.Second)
				after := w.record()
				if after.Status != record.Led || after.Term != before.Term || after.Beat < before.Beat+2 {
					w.Errorf("record %v, and 5s later %v: want 2 beats or more", before, after)
				}
			}
		}
		var ended error
		k := w.candidate("a").keep(singleton.Hooks{
			OnElected: func(ctx context.Context, _ election.Term) error { slow(); ended = ctx.Err(); return nil },
			OnRevoked: func(context.Context, election.Term, error) { slow() },
		}.Work(), singleton.Policy{})
		time.Sleep(3 * time.Minute)
		if err := k.stop(); err != nil {
			w.Errorf("Keep returned %v", err)
		}
		if ended != nil {
			w.Errorf("the term had ended when OnElected returned: %v", ended)
		}
		if want := 3*time.Minute + 100*time.Second; k.at != want {
			w.Errorf("Keep returned at %v, want %v: when OnRevoked had", k.at, want)
		}
		w.expectStatus(record.Vacant)
	})
}

// A slow end belongs to the grace: it is reported like slow work.
func TestSlowOnRevokedOverruns(t *testing.T) {
	bubble(t, func(w *world) {
		var overruns []election.Overrun
		c := w.candidate("a", func(cfg *election.Config) {
			cfg.OnOverrun = func(o election.Overrun) { overruns = append(overruns, o) }
		})
		k := c.keep(singleton.Hooks{
			OnRevoked: func(context.Context, election.Term, error) { time.Sleep(time.Minute) },
		}.Work(), singleton.Policy{})
		time.Sleep(time.Minute)
		k.cancel(nil)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if len(overruns) != 1 || !overruns[0].Held {
			w.Errorf("overruns %+v, want one, held", overruns)
		}
	})
}

// The context of OnRevoked lasts while leadership is kept, and after a loss as long as
// the grace does: to the nanosecond from the first send of the last confirmed beat.
func TestOnRevokedsContextEndsWithTheGrace(t *testing.T) {
	bubble(t, func(w *world) {
		c := w.candidate("a")
		timing := c.Timing()
		var lasted time.Duration
		hooks := singleton.Hooks{OnRevoked: func(ctx context.Context, _ election.Term, _ error) {
			select {
			case <-ctx.Done():
				lasted = w.now()
			case <-time.After(10 * time.Minute):
			}
		}}
		ctx, stop := context.WithCancel(w.Context())
		ended := make(chan error, 1)
		go func() { ended <- singleton.Keep(ctx, c.Elector, hooks.Work(), singleton.Policy{}) }()
		time.Sleep(time.Minute)
		c.client.Cut()
		cut := w.now()
		time.Sleep(5 * time.Minute)
		from, until := cut-timing.Beat+timing.Trust+timing.Grace, cut+timing.Trust+timing.Grace
		if lasted < from || lasted > until {
			w.Errorf("after a loss it ended at %v, want between %v and %v", lasted, from, until)
		}
		c.client.Heal()
		time.Sleep(5 * time.Minute)
		lasted = 0
		stop()
		<-ended
		if lasted != 0 {
			w.Errorf("in a voluntary stop it ended at %v", lasted)
		}
	})
}

// Outside of an election there is no grace that could end.
func TestOnRevokedOutsideOfAnElection(t *testing.T) {
	called := false
	work := singleton.Hooks{OnRevoked: func(ctx context.Context, _ election.Term, _ error) {
		called = ctx.Err() == nil
	}}.Around(func(context.Context, election.Term) error { return nil })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := work(ctx, 1); err != nil || !called {
		t.Errorf("%v, and OnRevoked's context had ended: %v", err, !called)
	}
}
