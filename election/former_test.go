package election

// Shows the liveness bounds: who comes back to its own former record releases it, and adopts
// nothing.

import (
	"testing"
	"time"

	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
)

// What is left of its own former term is released and then granted like any vacancy,
// in a new term: nothing of it goes on.
func TestFormerRecordIsNeverAdopted(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a", configured(func(c *Config) { c.ReleaseTimeout = time.Second }))
		ra := a.leader(obey)
		time.Sleep(time.Minute)
		a.cut()
		_ = ra.wait()
		if got := a.event(KindReleaseFailed); got.Wait <= 0 {
			w.Errorf("wait %v", got.Wait)
		}
		a.heal()
		healed := w.since()
		again := a.leader(obey)
		if again.at != healed || again.term <= ra.term {
			w.Errorf("elected again in term %d, %v after the fault had healed, term %d was before", again.term, again.at-healed, ra.term)
		}
		if w.written("released") != 1 || w.lastWrite().op != "elected" {
			w.Errorf("%d releases, the last write is a %s", w.written("released"), w.lastWrite().op)
		}
		if a.count(KindDuplicateID)+a.count(KindStandby)+a.count(KindReleased) != 0 {
			w.Errorf("took itself for another, or released twice: %v", a.kinds())
		}
	})
}

// A beat lands when the outage is over that kept everybody from Redis for longer than
// the lease. Its leader knows that it is gone, and nobody waits a lease for it.
func TestLateBeatAfterAnOutageIsReleased(t *testing.T) {
	for _, l := range []time.Duration{2 * time.Second, 15 * time.Second} {
		bubble(t, func(w *world) {
			a, b := w.candidate("a", lease(l)), w.candidate("b", lease(l))
			ra := a.leader(obey)
			b.lead(obey)
			time.Sleep(time.Minute)
			w.trap("beat", "a", 1, func(arrival) {
				a.cut()
				b.cut()
				time.Sleep(2 * l)
			})
			_ = ra.wait()
			again := a.lead(obey)
			w.sleepUntil(time.Minute + 2*l + a.Timing().Beat)
			landed := w.lastWrite()
			if landed.op != "beat" {
				w.Fatalf("the last write was a %s at %v", landed.op, landed.at)
			}
			a.heal()
			b.heal()
			healed := w.since()
			w.sleepUntil(healed + 2*l)
			expectTerms(w, 2)
			if waited := w.terms()[1].at - healed; waited > max(a.Timing().Beat, 500*time.Millisecond) {
				w.Errorf("lease %v: somebody leads %v after the fault had healed", l, waited)
			}
			if again.isElected() && w.written("released") != 1 {
				w.Errorf("%d releases", w.written("released"))
			}
		})
	}
}

// The server goes back to a record of a former term. Its leader was shown the
// successor meanwhile, who may still work: the record is waited for.
func TestFormerRecordThatCameBackIsLeftAlone(t *testing.T) {
	bubble(t, func(w *world) {
		a, b := w.candidate("a"), w.candidate("b")
		ra := a.leader(obey)
		rb := b.lead(obey)
		time.Sleep(time.Minute)
		former := w.record()
		_ = ra.stop()
		rb.begun()
		again := a.lead(obey)
		time.Sleep(time.Minute)
		last := w.lastWrite().at
		b.cut()
		w.put(former)
		over, _ := rb.over()
		if over != last+b.Timing().Trust {
			w.Errorf("the successor worked for %v after its last beat", over-last)
		}
		again.begun()
		if waited := again.at - last; waited < 15*time.Second || w.written("released") != 1 {
			w.Errorf("%d releases; elected %v after the last beat of the successor", w.written("released"), waited)
		}
	})
}

// Who stands back after a step-down releases what is left of its term all the same.
func TestFormerRecordIsReleasedWhileStandingBack(t *testing.T) {
	bubble(t, func(w *world) {
		a, b := w.candidate("a", coolDown(time.Minute)), w.candidate("b")
		ra := a.leader(obey)
		rb := b.lead(obey)
		time.Sleep(time.Minute)
		w.trap("released", "a", 1, func(arrival) { a.cut(); time.Sleep(time.Hour) })
		if err := b.StepDown(w.Context(), ""); err != nil {
			w.Fatal(err)
		}
		_ = ra.wait()
		a.event(KindReleaseFailed)
		a.heal()
		healed := w.since()
		a.lead(obey)
		rb.begun()
		if rb.at != healed {
			w.Errorf("the successor leads %v after the fault had healed", rb.at-healed)
		}
	})
}

// What answers show of a former term, and what follows from it.
func TestFormerTermIsDoubtedByAnyOtherAnswer(t *testing.T) {
	own := record.Record{Status: record.Led, Term: 7, Lease: 2 * time.Second, Nonce: aNonce, ID: "-"}
	other := own
	other.Term = 8
	for name, c := range map[string]struct {
		shown register.Observation
		may   bool
	}{
		"its record":        {register.NewObservation(true, own.String()), true},
		"a later beat":      {register.NewObservation(true, own.Next(record.Led).String()), true},
		"asked to go":       {register.NewObservation(true, own.Next(record.Draining).String()), true},
		"its vacancy":       {register.NewObservation(true, own.Next(record.Vacant).String()), false},
		"somebody else's":   {register.NewObservation(true, other.String()), false},
		"nothing":           {register.NewObservation(false, ""), false},
		"what is no record": {register.NewObservation(true, "else"), false},
	} {
		m := &memory{}
		m.giveUp(own.Grant())
		m.remember(c.shown)
		m.remember(register.NewObservation(true, own.String())) // back again
		if got := m.mayStand(own.Grant()); got != c.may {
			t.Errorf("%s: may stand %v, want %v", name, got, c.may)
		}
		if m.mayStand(other.Grant()) {
			t.Errorf("%s: another's may stand", name)
		}
	}
	m := &memory{}
	m.giveUp(own.Grant())
	m.lost(own.Grant())
	if m.mayStand(own.Grant()) {
		t.Error("a lost term may stand")
	}
}
