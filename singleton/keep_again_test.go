package singleton_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/singleton"
)

// expectPauses checks a series of pauses that begins with the shortest: each is
// twice the one before, up to the longest, give or take half of it at random.
func (w *world) expectPauses(pauses []time.Duration, shortest, longest time.Duration) {
	w.Helper()
	exact, middle := 0, shortest
	for i, pause := range pauses {
		if pause < middle/2 || pause > middle*3/2 {
			w.Errorf("pause %d is %v, want %v to %v", i, pause, middle/2, middle*3/2)
		}
		if pause == middle {
			exact++
		}
		middle = min(2*middle, longest)
	}
	if len(pauses) < 6 || exact > len(pauses)*3/4 {
		w.Errorf("pauses %v: want at least 6, and jittered", pauses)
	}
}

// between returns the pauses between runs.
func between(runs []run) []time.Duration {
	var pauses []time.Duration
	for i := range runs[1:] {
		pauses = append(pauses, runs[i+1].began-runs[i].ended)
	}
	return pauses
}

// expectRisingTerms checks that every run had a term of its own.
func (w *world) expectRisingTerms(runs []run) {
	w.Helper()
	for i := range runs[1:] {
		if runs[i+1].term <= runs[i].term {
			w.Errorf("term %d came after term %d", runs[i+1].term, runs[i].term)
		}
	}
}

// A term that somebody else ended is followed by the next, after a pause that
// gets longer each time.
func TestKeepCampaignsAgainWithBackOff(t *testing.T) {
	policy := singleton.Policy{MinBackOff: time.Second, MaxBackOff: 20 * time.Second}
	tests := map[string]struct {
		cause error
		end   func(w *world, c *candidate) // ends the term; the office is vacant, or soon
	}{
		"lost": {
			election.ErrLost,
			func(w *world, _ *candidate) { w.vacate() },
		},
		"expired": {
			election.ErrExpired,
			func(_ *world, c *candidate) { c.link.Swallow(); time.Sleep(10 * time.Second); c.link.Heal() },
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				c, d := w.candidate("a", noCoolDown), w.diary()
				k := c.keep(d.of(func(ctx context.Context, term election.Term) error {
					time.Sleep(time.Second)
					if ctx.Err() == nil {
						tc.end(w, c)
					}
					return obey(ctx, term)
				}), policy)
				time.Sleep(5 * time.Minute)
				if err := k.stop(); err != nil {
					w.Errorf("Keep returned %v", err)
				}
				runs := d.read()
				w.expectRisingTerms(runs)
				for _, r := range runs[:len(runs)-1] {
					if !errors.Is(r.cause, tc.cause) {
						w.Errorf("a term ended with %v, want %v", r.cause, tc.cause)
					}
				}
				w.expectPauses(between(runs), policy.MinBackOff, policy.MaxBackOff)
			})
		})
	}
}

// Being asked to step down is no trouble: only the elector's cool-down passes, each
// time the same.
func TestStepDownIsNoTrouble(t *testing.T) {
	bubble(t, func(w *world) {
		c, d := w.candidate("a"), w.diary()
		k := c.keep(d.of(func(ctx context.Context, term election.Term) error {
			time.Sleep(time.Second)
			if err := c.StepDown(w.Context()); err != nil && ctx.Err() == nil {
				w.Error(err)
			}
			return obey(ctx, term)
		}), singleton.Policy{})
		time.Sleep(5 * time.Minute)
		if err := k.stop(); err != nil {
			w.Errorf("Keep returned %v", err)
		}
		runs := d.read()
		w.expectRisingTerms(runs)
		if len(runs) < 40 {
			w.Errorf("%d terms in five minutes", len(runs))
		}
		for i, pause := range between(runs) {
			if pause != 5*time.Second {
				w.Errorf("pause %d is %v, want the cool-down of 5s", i, pause)
			}
		}
	})
}

// A longer run than the longest pause makes up for what failed before; a shorter
// one does not.
func TestBackOffStartsAnewAfterLongWork(t *testing.T) {
	policy := singleton.Policy{MinBackOff: time.Second, MaxBackOff: time.Minute}
	lengths := []int{1, 1, 1, 1, 1, 60, 1, 1, 61, 1, 1, 1} // in seconds
	for name, failure := range map[string]singleton.Failure{"release": singleton.Release, "restart": singleton.Restart} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				policy, d, n := policy, w.diary(), 0
				policy.Failure = failure
				k := w.candidate("a", noCoolDown).keep(d.of(func(ctx context.Context, term election.Term) error {
					if n == len(lengths) {
						return obey(ctx, term)
					}
					time.Sleep(time.Duration(lengths[n]) * time.Second)
					n++
					return errBoom
				}), policy)
				time.Sleep(15 * time.Minute)
				if err := k.stop(); err != nil {
					w.Errorf("Keep returned %v", err)
				}
				pauses := between(d.read())
				w.expectPauses(pauses[:8], policy.MinBackOff, policy.MaxBackOff)
				if anew := pauses[8]; anew > 1500*time.Millisecond {
					w.Errorf("a pause of %v after long work, want it as in the beginning", anew)
				}
				if then := pauses[11]; then < 4*time.Second || then > 12*time.Second {
					w.Errorf("a pause of %v three failures later, want 8s or so", then)
				}
			})
		})
	}
}

func TestBackOffWithoutAPolicy(t *testing.T) {
	bubble(t, func(w *world) {
		d := w.diary()
		w.candidate("a", noCoolDown).keep(d.of(fail), singleton.Policy{})
		time.Sleep(time.Hour)
		w.expectPauses(between(d.read()), time.Second, time.Minute)
	})
}

func TestReleaseLetsAnotherCandidateLead(t *testing.T) {
	for name, end := range map[string]error{"failed": errBoom, "ended": nil} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				a, b := w.candidate("a"), w.candidate("b")
				da, db := w.diary(), w.diary()
				once := true
				a.keep(da.of(func(ctx context.Context, term election.Term) error {
					if once {
						once = false
						time.Sleep(time.Minute)
						return end
					}
					return obey(ctx, term)
				}), singleton.Policy{})
				time.Sleep(time.Second)
				kb := b.keep(db.of(obey), singleton.Policy{})

				time.Sleep(time.Minute + time.Second)
				if began := db.last().began; began != time.Minute {
					w.Errorf("b began at %v, want it as soon as the work of a had ended", began)
				}
				if lines := a.journal.with("the work ended by itself"); len(lines) != 1 {
					w.Errorf("logged %v", lines)
				}
				if err := kb.stop(); err != nil { // while a stands back
					w.Errorf("Keep of b returned %v", err)
				}
				time.Sleep(time.Minute)
				runs := da.read()
				if len(runs) != 2 || runs[1].began != time.Minute+5*time.Second {
					w.Errorf("a ran %+v, want it again after its cool-down of 5s", runs)
				}
				w.expectRisingTerms([]run{runs[0], db.last(), runs[1]})
			})
		})
	}
}

func TestReleaseBacksOffLongerThanTheCoolDown(t *testing.T) {
	bubble(t, func(w *world) {
		d := w.diary()
		w.candidate("a").keep(d.of(fail), singleton.Policy{MinBackOff: time.Minute, MaxBackOff: time.Hour})
		time.Sleep(3 * 24 * time.Hour)
		w.expectRisingTerms(d.read())
		w.expectPauses(between(d.read()), time.Minute, time.Hour)
	})
}

// Restart keeps the office, with its term, its context and its beats, while the
// work pauses.
func TestRestartRunsAgainWithinTheTerm(t *testing.T) {
	for name, end := range map[string]error{"failed": errBoom, "ended": nil} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				c, d := w.candidate("a"), w.diary()
				var ctxs []context.Context
				k := c.keep(d.of(func(ctx context.Context, _ election.Term) error {
					ctxs = append(ctxs, ctx)
					time.Sleep(time.Second)
					if ctx.Err() != nil {
						return nil
					}
					return end
				}), singleton.Policy{Failure: singleton.Restart, MaxBackOff: 20 * time.Second})
				beat := 0
				for range 100 {
					time.Sleep(3 * time.Second)
					r := w.record()
					if r.status != "L" || r.beat <= beat || !c.IsLeader() {
						w.Errorf("record %+v after beat %d, leader: %t", r, beat, c.IsLeader())
					}
					beat = r.beat
				}
				runs := d.read()
				w.expectPauses(between(runs), time.Second, 20*time.Second)
				for i, r := range runs {
					if r.term != runs[0].term || ctxs[i] != ctxs[0] || r.cause != nil {
						w.Errorf("run %d: %+v, want the term and the context of the first", i, r)
					}
				}
				if err := k.stop(); err != nil {
					w.Errorf("Keep returned %v", err)
				}
				w.expectStatus("V")
			})
		})
	}
}

// A term that is lost in such a pause is lost: the work does not run in it again.
func TestRestartEndsWithTheTerm(t *testing.T) {
	bubble(t, func(w *world) {
		c, d := w.candidate("a"), w.diary()
		k := c.keep(d.of(fail), singleton.Policy{Failure: singleton.Restart, MinBackOff: time.Minute, MaxBackOff: time.Minute})
		time.Sleep(5 * time.Second)
		w.vacate()
		time.Sleep(5 * time.Second)
		if c.IsLeader() {
			w.Error("still the leader")
		}
		if lines := c.journal.with("the work ended by itself"); len(lines) != 1 {
			w.Errorf("logged %v, want one failure: the pause has ended by the loss", lines)
		}
		time.Sleep(3 * time.Minute)
		runs := d.read()
		if len(runs) < 2 || runs[1].term == runs[0].term || runs[1].began < 35*time.Second {
			w.Errorf("ran %+v, want the second run in another term, after a pause", runs)
		}
		if err := k.stop(); err != nil {
			w.Errorf("Keep returned %v", err)
		}
	})
}

func TestGiveUpReturnsWhatTheWorkReturned(t *testing.T) {
	for name, end := range map[string]error{"failed": errBoom, "ended": nil, "bare context error": context.Canceled} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				d := w.diary()
				k := w.candidate("a").keep(d.of(func(context.Context, election.Term) error {
					time.Sleep(time.Second)
					return end
				}), singleton.Policy{Failure: singleton.GiveUp})
				if err := k.returned(); err != end || k.at != time.Second {
					w.Errorf("Keep returned %v at %v, want %v at 1s", err, k.at, end)
				}
				w.expectStatus("V")
				if runs := d.read(); len(runs) != 1 {
					w.Errorf("ran %+v, want once", runs)
				}
			})
		})
	}
}

// Giving up is for work that ends by itself, not for terms that are ended.
func TestGiveUpGoesOnAfterALoss(t *testing.T) {
	bubble(t, func(w *world) {
		d := w.diary()
		k := w.candidate("a").keep(d.of(obey), singleton.Policy{Failure: singleton.GiveUp, GiveUpOnPermanent: true})
		time.Sleep(time.Minute)
		w.vacate()
		time.Sleep(time.Minute)
		if k.over() {
			w.Fatalf("Keep returned %v", k.err)
		}
		if runs := d.read(); len(runs) != 2 {
			w.Errorf("ran %+v, want twice", runs)
		}
	})
}

// What the work says about a term that somebody else ended does not end Keep.
func TestKeepGoesOnAfterWorkThatFailsToEndALostTerm(t *testing.T) {
	bubble(t, func(w *world) {
		d := w.diary()
		k := w.candidate("a").keep(d.of(func(ctx context.Context, _ election.Term) error {
			<-ctx.Done()
			return errBoom
		}), singleton.Policy{Failure: singleton.GiveUp})
		time.Sleep(time.Minute)
		w.vacate()
		time.Sleep(time.Minute)
		if k.over() {
			w.Fatalf("Keep returned %v", k.err)
		}
		if runs := d.read(); len(runs) != 2 {
			w.Errorf("ran %+v, want twice", runs)
		}
		if err := k.stop(); !errors.Is(err, errBoom) {
			w.Errorf("Keep returned %v, want what the work failed with in the end", err)
		}
	})
}

// A goroutine that ends in another way than by a return, and what it recovered.
func ending(f func()) (recovered any) {
	done := make(chan any, 1)
	go func() {
		defer func() { done <- recover() }()
		f()
	}()
	return <-done
}

func TestAPanicReleasesAndGoesOn(t *testing.T) {
	bubble(t, func(w *world) {
		c := w.candidate("a")
		got := ending(func() {
			err := singleton.Keep(w.Context(), c.Elector, func(context.Context, election.Term) error {
				time.Sleep(time.Second)
				panic("at the disco")
			}, singleton.Policy{Failure: singleton.Restart})
			w.Errorf("Keep returned %v", err)
		})
		if got != "at the disco" {
			w.Errorf("recovered %v", got)
		}
		w.expectStatus("V")
		if w.now() != time.Second {
			w.Errorf("the panic arrived at %v, want 1s", w.now())
		}
		if err := c.keep(obey, singleton.Policy{}).stop(); err != nil { // nothing is left running
			w.Errorf("Keep after the panic returned %v", err)
		}
	})
}

func TestGoexitReleases(t *testing.T) {
	bubble(t, func(w *world) {
		c := w.candidate("a")
		ending(func() {
			err := singleton.Keep(w.Context(), c.Elector, func(context.Context, election.Term) error {
				runtime.Goexit()
				return nil
			}, singleton.Policy{})
			w.Errorf("Keep returned %v", err)
		})
		w.expectStatus("V")
	})
}
