package election

// Shows the liveness bounds: a leader outlives a short outage, and somebody leads soon after a
// long one.

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/incumbent/internal/link"
	"example.com/incumbent/internal/record"
)

// outages are networks that fail for a while.
var outages = map[string]struct{ begin, end func(*candidate) }{
	"refused":     {(*candidate).cut, (*candidate).heal},
	"black hole":  {(*candidate).swallow, (*candidate).heal},
	"held":        {func(c *candidate) { c.link.Stall() }, (*candidate).heal},
	"no answers":  {func(c *candidate) { c.link.Swallow(link.ToClient) }, (*candidate).heal},
	"no requests": {func(c *candidate) { c.link.Swallow(link.ToServer) }, (*candidate).heal},
	"late answer": {func(c *candidate) { c.link.Stall(link.ToClient) }, (*candidate).heal},
}

func TestLeaderOutlivesAShortOutage(t *testing.T) {
	for name, o := range outages {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				a := w.candidate("a")
				r := a.leader(obey)
				w.candidate("b").lead(obey)
				for phase := range 8 {
					time.Sleep(10*time.Second + time.Duration(phase)*250*time.Millisecond)
					o.begin(a)
					time.Sleep(5 * time.Second)
					o.end(a)
				}
				time.Sleep(10 * time.Second)
				if r.isOver() || r.ctx.Err() != nil {
					w.Errorf("the term ended: %v", a.kinds())
				}
				if n := a.count(KindBeatFailed); n < 1 || n > 8 {
					w.Errorf("told %d times of 8 outages", n)
				}
				expectTerms(w, 1)
			})
		})
	}
}

func TestLeaderEndsInALongOutageAndComesBack(t *testing.T) {
	for name, o := range outages {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				a := w.candidate("a")
				r := a.leader(obey)
				time.Sleep(time.Minute)
				last := a.anchor()
				o.begin(a)
				if at, cause := r.over(); at != last+a.Timing().Trust || !errors.Is(cause, ErrExpired) {
					w.Errorf("the work's context ended after %v with %v, want after %v with %v", at-last, cause, a.Timing().Trust, ErrExpired)
				}
				if err := r.wait(); !errors.Is(err, ErrExpired) {
					w.Errorf("Lead = %v, want %v", err, ErrExpired)
				}
				again := a.lead(obey)
				time.Sleep(time.Minute)
				healed := w.since()
				o.end(a)
				again.begun()
				if took := again.at - healed; took > healBound(a) {
					w.Errorf("led again %v after the network healed, want at most %v", took, healBound(a))
				}
			})
		})
	}
}

// anchor is when the last confirmed beat was first sent, in the bubble's time.
func (c *candidate) anchor() time.Duration {
	mono := c.leadership.Load().trust.pulse.Anchor().Mono
	return c.clock.Start().Add(c.clock.Timer(mono)).Sub(c.w.start)
}

// healBound is until when somebody leads after all faults are over.
func healBound(c *candidate) time.Duration {
	t := c.Timing()
	return t.Failover().Worst + max(t.Beat, 500*time.Millisecond)
}

func TestResetConnectionsCostNothing(t *testing.T) {
	bubble(t, func(w *world) {
		a, b := w.candidate("a"), w.candidate("b")
		r := a.leader(obey)
		rb := b.lead(obey)
		for range 20 {
			time.Sleep(3100 * time.Millisecond)
			a.reset()
			b.reset()
		}
		if r.isOver() || r.ctx.Err() != nil {
			w.Errorf("the term ended: %v", a.kinds())
		}
		at := w.since()
		_ = r.stop()
		rb.begun()
		if rb.at > at+b.Timing().Beat*11/10 {
			w.Errorf("successor after %v", rb.at-at)
		}
	})
}

// An outage is reported when it begins, again each minute with its length, and when it
// is over.
func TestAnOutageIsReportedEachMinute(t *testing.T) {
	bubble(t, func(w *world) {
		w.candidate("a").leader(obey)
		b := w.candidate("b")
		b.lead(obey)
		time.Sleep(time.Minute)
		b.cut()
		time.Sleep(5*time.Minute + 30*time.Second)
		b.heal()
		time.Sleep(time.Minute)
		var lasted []string
		for _, ev := range b.told() {
			if ev.Kind == KindUnreachable || ev.Kind == KindReachable {
				lasted = append(lasted, ev.Lasted.Truncate(10*time.Second).String())
			}
		}
		if got := fmt.Sprint(lasted); got != "[0s 1m0s 2m0s 3m0s 4m0s 5m0s 5m20s]" && got != "[0s 1m0s 2m0s 3m0s 4m0s 5m0s 5m30s]" {
			w.Errorf("reported outages of %v", got)
		}
	})
}

func TestStandbyTellsOfAnOutageOnce(t *testing.T) {
	bubble(t, func(w *world) {
		w.candidate("a").leader(obey)
		b := w.candidate("b")
		b.lead(obey)
		time.Sleep(time.Minute)
		b.cut()
		time.Sleep(time.Minute)
		b.heal()
		time.Sleep(time.Minute)
		if got := fmt.Sprint(b.kinds()); got != "[standby unreachable reachable]" {
			w.Errorf("events %v", got)
		}
		if took := b.event(KindReachable).Lasted; took > time.Minute+b.Timing().Beat || took < 50*time.Second {
			w.Errorf("was told of an outage of %v, want about a minute", took)
		}
		if err := b.event(KindUnreachable).Err; !errors.Is(err, ErrUnavailable) {
			w.Errorf("was told of %v, want %v", err, ErrUnavailable)
		}
		expectTerms(w, 1)
	})
}

// Everybody is cut off for longer than a lease. When the faults heal, claims that
// were on their way all the time come too late to be trusted: they are given
// back, and no ghost goes on leading.
func TestSomebodyLeadsSoonAfterEverybodyWasCutOff(t *testing.T) {
	for _, outage := range []time.Duration{8, 14, 16, 25, 40, 120} {
		t.Run(fmt.Sprint(int(outage), " s"), func(t *testing.T) {
			bubble(t, func(w *world) {
				all, _ := start(w, 3, varied(uint64(outage)))
				time.Sleep(time.Minute)
				leads := slices.IndexFunc(all, func(c *candidate) bool { return c.IsLeader() })
				all[0], all[leads] = all[leads], all[0] // who stays cut off
				for _, c := range all {
					c.cut()
				}
				time.Sleep(outage * time.Second)
				healed := w.since()
				for _, c := range all[1:] {
					c.heal()
				}
				time.Sleep(healBound(all[0]))
				expectTerms(w, 2)
				if len(w.terms()) == 2 && outage > 20 && w.terms()[1].at-healed > 5*time.Second {
					w.Errorf("elected %v after faults healed that had outlasted a lease", w.terms()[1].at-healed)
				}
				for _, c := range all[1:] {
					if c.count(KindGrantUnresolved) != 0 {
						w.Errorf("%s left a ghost although the server could be reached: %v", c.ID(), c.kinds())
					}
				}
			})
		})
	}
}

// A sole candidate's claim that was late for longer than a lease is given back.
func TestLateClaimIsGivenBack(t *testing.T) {
	for _, outage := range []time.Duration{5, 10, 14, 16, 30} {
		t.Run(fmt.Sprint(int(outage), " s"), func(t *testing.T) {
			bubble(t, func(w *world) {
				a := w.candidate("a")
				w.trap("elected", "a", 1, func(arrival) { a.cut() })
				r := a.lead(obey)
				time.Sleep(outage * time.Second)
				a.heal()
				time.Sleep(2 * time.Second)
				if got := w.record(); got.Status != record.Vacant || r.isElected() {
					w.Errorf("record %v, want vacant; elected %v", got, r.isElected())
				}
				if a.count(KindGrantUnresolved) != 0 {
					w.Error("told of a ghost although the server could be reached")
				}
				time.Sleep(a.Timing().Lease)
				if !r.isElected() {
					w.Error("not elected a lease later")
				}
			})
		})
	}
}

// To connect takes more round trips than to ask: with three in an attempt somebody
// is elected and stays so.
func TestSlowNetworkElectsAndKeeps(t *testing.T) {
	for _, l := range []time.Duration{3 * time.Second, 15 * time.Second} {
		for _, part := range []time.Duration{4, 3} {
			t.Run(fmt.Sprintf("lease %v, attempt/%d", l, part), func(t *testing.T) {
				bubble(t, func(w *world) {
					a := w.candidate("a", lease(l))
					a.setLatency(a.Timing().Attempt / part / 2)
					r := a.lead(obey)
					time.Sleep(20 * l)
					if !r.isElected() {
						w.Errorf("not elected in %v at a round trip of %v: %v", 20*l, a.Timing().Attempt/part, a.kinds())
					} else if r.ctx.Err() != nil || a.count(KindBeatFailed) > 0 {
						w.Errorf("events %v at a round trip of %v", a.kinds(), a.Timing().Attempt/part)
					}
					a.setLatency(0)
				})
			})
		}
	}
}

// Standbys are healthy, also without Redis.
func TestStandbyIsHealthy(t *testing.T) {
	bubble(t, func(w *world) {
		w.candidate("a").leader(obey)
		b := w.candidate("b")
		if b.Check() != nil || b.IsLeader() {
			w.Errorf("Check = %v before Lead", b.Check())
		}
		b.lead(obey)
		time.Sleep(time.Minute)
		b.cut()
		time.Sleep(time.Minute)
		if b.Check() != nil || b.IsLeader() {
			w.Errorf("Check = %v without Redis", b.Check())
		}
	})
}

// Whatever asks, and however Redis is silent: the error has the address. Who was answered
// before is not asked for TLS.
func TestEverySilenceNamesTheAddress(t *testing.T) {
	for name, o := range outages {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				a, b := w.candidate("a"), w.candidate("b")
				a.leader(obey)
				b.lead(obey)
				time.Sleep(time.Minute)
				o.begin(a)
				o.begin(b)
				time.Sleep(20 * time.Second)
				for what, err := range map[string]error{
					"a beat": a.event(KindBeatFailed).Err, "a look": b.event(KindUnreachable).Err,
					"Leader": second(b.Leader(w.Context())), "StepDown": b.StepDown(w.Context(), ""),
				} {
					if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), link.Addr) || strings.Contains(err.Error(), "TLS") {
						w.Errorf("%s: %v, want %s in it", what, err, link.Addr)
					}
				}
				o.end(a)
				o.end(b)
			})
		})
	}
}
