package election

// Shows S9: forged notifications keep nobody out for good.

import (
	"testing"
	"time"
)

// Somebody publishes later beats of a leader that is dead. The first of them puts the
// takeover off, until the next look contradicts it; the rest do nothing. That also
// holds if many come during each look.
func TestForgedPushesKeepNobodyOut(t *testing.T) {
	for every, trip := range map[time.Duration]time.Duration{500 * time.Millisecond: 0, 5 * time.Millisecond: 20 * time.Millisecond} {
		bubble(t, func(w *world) {
			a, b := w.candidate("a", lease(3*time.Second)), w.candidate("b", lease(3*time.Second), latency(trip))
			a.leader(obey)
			rb := b.lead(obey)
			time.Sleep(time.Minute)
			a.swallow()
			died := w.since()
			forged := w.record()
			for !rb.isElected() && w.since() < died+time.Minute {
				forged.Beat++
				w.stub.Mini.Publish(key+":records", forged.String())
				time.Sleep(every)
			}
			if !rb.isElected() {
				w.Fatalf("every %v: nobody leads after a minute", every)
			}
			bound := b.Timing().Failover().Usual + b.Timing().Lease*11/20
			if trip > 0 {
				bound += b.Timing().Lease/10 + 4*trip // the random delay grows with the distance
			}
			if waited := rb.at - died; waited > bound {
				w.Errorf("every %v: the successor leads %v after the crash, want %v at most", every, waited, bound)
			}
		})
	}
}

// A live leader's pushes count again as soon as a look has shown one of them.
func TestPushesCountAgainAfterAForgery(t *testing.T) {
	bubble(t, func(w *world) {
		a, b := w.candidate("a"), w.candidate("b")
		ra := a.leader(obey)
		rb := b.lead(obey)
		time.Sleep(time.Minute)
		for range 4 { // one of them is the first since a look, and the next contradicts it
			forged := w.record()
			forged.Beat += 1000
			w.stub.Mini.Publish(key+":records", forged.String())
			time.Sleep(a.Timing().Lease / 2)
		}
		time.Sleep(a.Timing().Lease)
		looks := w.requests("look")
		time.Sleep(time.Minute)
		if got := w.requests("look") - looks; got > 9 { // one in half a lease
			w.Errorf("%d looks a minute: pushes do not count", got)
		}
		_ = ra.stop()
		if !rb.isElected() || rb.at != ra.errAt {
			w.Errorf("handed over after %v", rb.at-ra.errAt)
		}
	})
}
