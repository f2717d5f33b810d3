package election

// Shows S4 and S5: a release gives up what is its own, whatever comes in between.

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"example.com/incumbent/internal/link"
	"example.com/incumbent/internal/record"
)

// A beat that is on its way while leadership is released does not bring the
// record back to life, whether it lands before or after.
func TestReleaseMeetsABeatOnItsWay(t *testing.T) {
	for _, landsFirst := range []bool{true, false} {
		bubble(t, func(w *world) {
			a := w.candidate("a")
			r := a.leader(obey)
			time.Sleep(time.Minute)
			if landsFirst {
				w.trap("beat", "a", 1, func(arrival) { a.link.Swallow(link.ToClient); time.AfterFunc(time.Second, a.link.Heal) })
			} else {
				w.trap("beat", "a", 1, func(arrival) { time.Sleep(10 * time.Second) })
			}
			w.sleepUntil(w.lastWrite().at + a.Timing().Beat)
			if err := r.stop(); err != nil {
				w.Errorf("Lead = %v", err)
			}
			time.Sleep(20 * time.Second)
			if got := w.record(); got.Status != record.Vacant || got.Term != int64(r.term) || w.lastWrite().op != "released" {
				w.Errorf("record %v, the last write was a %s", got, w.lastWrite().op)
			}
			if a.count(KindReleased) != 1 {
				w.Errorf("events %v", a.kinds())
			}
		})
	}
}

// A request to step down that lands just before the release does not stop it.
func TestReleaseMeetsAStepDown(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		r := a.leader(obey)
		time.Sleep(time.Minute)
		w.trap("released", "a", 1, func(arrival) { w.put(w.record().Next(record.Draining)) })
		if err := r.stop(); err != nil || r.errAt != time.Minute {
			w.Errorf("Lead = %v at %v", err, r.errAt)
		}
		if got := w.record(); got.Status != record.Vacant {
			w.Errorf("record %v, want vacant", got)
		}
	})
}

// A release that meets an older record of its own, which a server without its newest
// writes brought back, vacates that one.
func TestReleaseMeetsARollback(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		r := a.leader(obey)
		time.Sleep(time.Minute)
		older := w.record()
		older.Beat -= 2
		w.trap("released", "a", 1, func(arrival) { w.put(older) })
		if err := r.stop(); err != nil || r.errAt != time.Minute {
			w.Errorf("Lead = %v at %v", err, r.errAt)
		}
		if got := w.record(); got != older.Next(record.Vacant) {
			w.Errorf("record %v, want %v", got, older.Next(record.Vacant))
		}
	})
}

// A release that gets no answer is tried until its time-out; Lead returns then,
// and says how long the others may have to wait.
func TestReleaseGivesUp(t *testing.T) {
	for name, o := range outages {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				a := w.candidate("a")
				r := a.leader(obey)
				rb := w.candidate("b").lead(obey)
				time.Sleep(time.Minute)
				last := a.anchor()
				o.begin(a)
				at := w.since()
				if err := r.stop(); err != nil {
					w.Errorf("Lead = %v after an end that the caller wanted", err)
				}
				if took := r.errAt - at; took < 4*time.Second || took > a.StopBudget() {
					w.Errorf("Lead returned after %v, its budget is %v", took, a.StopBudget())
				}
				gave := a.event(KindReleaseFailed)
				if want := last + a.Timing().Failover().Worst - r.errAt; gave.Wait < want-time.Millisecond || gave.Wait > want+time.Millisecond {
					w.Errorf("told of a gap of %v, want %v", gave.Wait, want)
				}
				rb.begun()
				if rb.at-r.errAt > gave.Wait {
					w.Errorf("succeeded %v later, the gap was to be at most %v", rb.at-r.errAt, gave.Wait)
				}
				if got := fmt.Sprint(a.kinds()); got != "[elected revoked release_failed]" && got != "[elected beat_failed revoked release_failed]" {
					w.Errorf("events %v", got)
				}
			})
		})
	}
}

// Leadership of a leader that was taken over meanwhile is not released.
func TestReleaseLeavesASuccessorAlone(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		r := a.leader(obey)
		time.Sleep(time.Minute)
		other := w.record()
		other.Term, other.Beat, other.Nonce, other.Holder = other.Term+1, other.Beat+100, record.NewNonce(), "somebody"
		w.trap("released", "a", 1, func(arrival) { w.put(other) })
		if err := r.stop(); err != nil || r.errAt != time.Minute {
			w.Errorf("Lead = %v at %v", err, r.errAt)
		}
		if got := w.record(); got.String() != other.String() {
			w.Errorf("record %v, want %v", got, other)
		}
	})
}

// A record that vanishes before the release is not made anew.
func TestReleaseOfNothing(t *testing.T) {
	for _, instead := range []func(*world){(*world).flush, func(w *world) { w.overwrite("mylock") }} {
		bubble(t, func(w *world) {
			a := w.candidate("a")
			r := a.leader(obey)
			time.Sleep(time.Minute)
			instead(w)
			before := w.dump()
			at := w.since()
			if err := r.stop(); err != nil || r.errAt != at {
				w.Errorf("Lead = %v after %v", err, r.errAt-at)
			}
			if w.dump() != before {
				w.Errorf("the key holds %s", w.dump())
			}
		})
	}
}

// grantOnItsWay is a record and what shall stand in its place after a campaign for it
// was given up in the middle of a grant.
var grantOnItsWay = map[string]struct {
	before func(w *world)
	cured  record.Status
}{
	"absent":      {func(*world) {}, record.Quarantined},
	"vacant":      {func(w *world) { r := sample; r.Status = record.Vacant; w.put(r) }, record.Vacant},
	"quarantined": {func(w *world) { r := sample; r.Status = record.Quarantined; w.put(r) }, record.Vacant},
	"silent":      {func(w *world) { w.put(sample) }, record.Vacant},
	"draining":    {func(w *world) { r := sample; r.Status = record.Draining; w.put(r) }, record.Vacant},
}

// The request is late: it reaches the server when the campaign is over, and must
// find nothing that it fits to.
func TestGivenUpGrantThatComesLate(t *testing.T) {
	for name, state := range grantOnItsWay {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				state.before(w)
				a := w.candidate("a")
				reached := make(chan struct{})
				w.trap("elected", "a", 1, func(arrival) { close(reached); time.Sleep(10 * time.Second) })
				r := a.lead(obey)
				w.await(reached, "no grant")
				time.Sleep(time.Second)
				at := w.since()
				if err := r.stop(); err == nil || r.errAt > at+a.Timing().Attempt {
					w.Errorf("Lead = %v after %v, want an error within an attempt", err, r.errAt-at)
				}
				if got := w.record(); got.Status != state.cured || w.written("elected") != 0 {
					w.Errorf("record %v, want status %c", got, state.cured)
				}
				before := w.record()
				time.Sleep(time.Minute)
				if got := w.record(); got.String() != before.String() || a.count(KindGrantUnresolved)+a.count(KindElected) != 0 {
					w.Errorf("record %v after the late request, events %v", got, a.kinds())
				}
			})
		})
	}
}

// The request was executed, and the answer is late: the grant is given back.
func TestGivenUpGrantWhoseAnswerComesLate(t *testing.T) {
	for name, state := range grantOnItsWay {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				state.before(w)
				a := w.candidate("a")
				reached := make(chan struct{})
				w.trap("elected", "a", 1, func(arrival) {
					close(reached)
					a.link.Stall(link.ToClient)
					time.AfterFunc(3*time.Second, func() { a.link.Resume() })
				})
				r := a.lead(obey)
				w.await(reached, "no grant")
				time.Sleep(time.Second)
				at := w.since()
				if err := r.stop(); err == nil || r.errAt > at+a.Elector.cfg.ReleaseTimeout {
					w.Errorf("Lead = %v after %v", err, r.errAt-at)
				}
				if got := w.record(); got.Status != record.Vacant || got.Holder != "a" || a.count(KindGrantUnresolved)+a.count(KindElected) != 0 {
					w.Errorf("record %v, want released by a; events %v", got, a.kinds())
				}
			})
		})
	}
}

// Nothing can be cleared up: the ghost is told of, with the gap that it makes.
func TestGivenUpGrantWithoutRedis(t *testing.T) {
	for name, state := range grantOnItsWay {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				state.before(w)
				a := w.candidate("a")
				reached := make(chan struct{})
				w.trap("elected", "a", 1, func(arrival) { close(reached); a.swallow() })
				r := a.lead(obey)
				w.await(reached, "no grant")
				at := w.since()
				rb := w.candidate("b").lead(obey)
				if err := r.stop(); err == nil || r.errAt > at+a.Elector.cfg.ReleaseTimeout+a.Timing().Attempt {
					w.Errorf("Lead = %v after %v", err, r.errAt-at)
				}
				if got := a.event(KindGrantUnresolved); got.Wait != a.Timing().Failover().Worst || got.Term == 0 {
					w.Errorf("told of a ghost %+v", got)
				}
				rb.begun()
				if rb.at > at+a.Timing().Failover().Worst {
					w.Errorf("succeeded the ghost after %v", rb.at-at)
				}
			})
		})
	}
}

// What is refused now may have been executed before: that is a ghost, too. A
// client that retries by itself hides which of the two was answered.
func TestGrantThatIsRefusedOnRepetition(t *testing.T) {
	withLostReplies(t, func(w *world, client option) {
		a := w.candidate("a", client)
		w.trap("elected", "a", 1, func(arrival) {
			a.link.LoseReplies(1)
			w.refuse(func(cmd string, _ []string) string {
				if cmd == "EVALSHA" && w.stub.Mini.Exists(key) {
					return "NOPERM this user has no permissions to run the 'evalsha' command"
				}
				return ""
			})
		})
		if err := a.lead(obey).wait(); !errors.Is(err, ErrDenied) {
			w.Errorf("Lead = %v, want %v", err, ErrDenied)
		}
		if w.record().Status == record.Led && a.count(KindGrantUnresolved) == 0 {
			w.Errorf("record %v, and nobody was told of the ghost: %v", w.record(), a.kinds())
		}
	})
}
