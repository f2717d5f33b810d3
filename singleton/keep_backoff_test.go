package singleton_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/election/electiontest"
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
// gets longer each time, up to half a lease: 5 s give or take half of it.
func TestKeepCampaignsAgainWithBackOff(t *testing.T) {
	policy := singleton.Policy{MinBackOff: time.Second, MaxBackOff: 20 * time.Second}
	tests := map[string]struct {
		cause error
		end   func(w *world, c *candidate) // ends the term; leadership is vacant, or soon
	}{
		"lost": {
			election.ErrLost,
			func(w *world, _ *candidate) { w.vacate() },
		},
		"expired": {
			election.ErrExpired,
			func(_ *world, c *candidate) { c.client.BlackHole(); time.Sleep(10 * time.Second); c.client.Heal() },
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
				w.expectPauses(between(runs), policy.MinBackOff, 5*time.Second)
			})
		})
	}
}

// The policy is about work that fails; a loss is none.
func TestThePauseAfterALossIsHalfALeaseAtMost(t *testing.T) {
	for _, lease := range []time.Duration{2 * time.Second, 15 * time.Second, 5 * time.Minute} {
		bubble(t, func(w *world) {
			c, d := w.candidate("a", func(cfg *election.Config) { cfg.Lease = lease }), w.diary()
			k := c.keep(d.of(func(ctx context.Context, term election.Term) error {
				if time.Sleep(time.Second); ctx.Err() == nil {
					w.vacate()
				}
				return obey(ctx, term)
			}), singleton.Policy{MinBackOff: time.Hour, MaxBackOff: time.Hour})
			time.Sleep(50 * lease)
			if err := k.stop(); err != nil {
				w.Errorf("Keep returned %v", err)
			}
			pauses := between(d.read())
			if len(pauses) < 10 {
				w.Fatalf("lease %v: ran %d times", lease, len(pauses)+1)
			}
			for _, pause := range pauses {
				if pause < lease/6 || pause > lease/2 {
					w.Errorf("lease %v: a pause of %v, want a third of the lease give or take half of it", lease, pause)
				}
			}
		})
	}
}

// A term that lasted for two leases was none of a series of losses: Keep campaigns
// again at once after it, and the pauses after later losses begin with the shortest.
func TestNoPauseAfterTheLossOfALongTerm(t *testing.T) {
	bubble(t, func(w *world) {
		c, d := w.candidate("a"), w.diary()
		runs, long := 0, []bool{false, false, true, false, true}
		k := c.keep(d.of(func(ctx context.Context, term election.Term) error {
			lasts := time.Second
			if runs < len(long) && long[runs] {
				lasts = 31 * time.Second
			}
			runs++
			if time.Sleep(lasts); ctx.Err() == nil {
				w.vacate()
			}
			return obey(ctx, term)
		}), singleton.Policy{MinBackOff: time.Second})
		time.Sleep(5 * time.Minute)
		if err := k.stop(); err != nil {
			w.Errorf("Keep returned %v", err)
		}
		for i, pause := range between(d.read())[:len(long)] {
			if long[i] && pause != 0 || !long[i] && pause < time.Second/2 {
				w.Errorf("a pause of %v after run %d, a long one: %v", pause, i, long[i])
			}
		}
	})
}

// What a sole candidate lost it leads again within a lease, however often: after two
// leases of leadership it campaigns again at once. Candidates spread over 3 % of a
// lease, and what it waits for is its own record, from its first look on.
func TestASoleCandidateLeadsAgainWithinALeaseAfterEachOutage(t *testing.T) {
	for _, n := range []int{1, 2} {
		synctest.Test(t, func(t *testing.T) {
			fleet := electiontest.NewFleet(t, n, func(ctx context.Context, m *electiontest.Member) error {
				return singleton.Run(ctx, m.Client, "x", m.Watch(obey))
			})
			fleet.AwaitLeader()
			for i := range 12 {
				time.Sleep(40 * time.Second)
				fleet.AwaitLeader()
				for _, m := range fleet.Members {
					m.Cut()
				}
				time.Sleep(12 * time.Second)
				fleet.Heal()
				healed := time.Now()
				fleet.AwaitLeader()
				took := time.Since(healed)
				t.Logf("%d candidates, outage %d: somebody leads %v after it", n, i+1, took)
				if took > 15450*time.Millisecond+2*time.Second { // and a pause between two tries
					t.Errorf("%d candidates, outage %d: somebody leads %v after it, want a lease of 15s at most", n, i+1, took)
				}
			}
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
			if err := c.StepDown(w.Context(), ""); err != nil && ctx.Err() == nil {
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
	for name, failure := range map[string]singleton.OnReturn{"release": singleton.OnReturnRelease, "restart": singleton.OnReturnRestart} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				policy, d, n := policy, w.diary(), 0
				policy.OnReturn = failure
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
