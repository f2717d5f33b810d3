package election

// Shows S9 and the liveness bounds: a dead leader is succeeded in time, with and without
// notifications.

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"example.com/incumbent/internal/link"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/redistest"
)

// deaths are the ways in which a leader vanishes, as the others see it.
var deaths = map[string]func(*candidate){
	"swallowed": (*candidate).swallow,
	"cut off":   (*candidate).cut,
	"stalled":   func(c *candidate) { c.link.Stall(); c.pushes.Stall() },
	"half deaf": func(c *candidate) { c.link.Swallow(link.ToServer) },
}

func TestDeadLeaderIsSucceededInTime(t *testing.T) {
	t.Parallel()
	for how, kill := range deaths {
		t.Run(how, func(t *testing.T) {
			phases := redistest.Either(3, 8)
			for phase := range phases {
				bubble(t, func(w *world) { dieAndSucceed(w, kill, 2*time.Second*time.Duration(phase)/time.Duration(phases)) })
			}
		})
	}
}

// dieAndSucceed kills a leader and expects its successor a lease and the random
// delay after its last write, which was pushed to everybody.
func dieAndSucceed(w *world, kill func(*candidate), phase time.Duration) {
	a := w.candidate("a")
	ra := a.leader(obey)
	for i := range 3 {
		w.candidate(fmt.Sprint("b", i)).lead(obey)
	}
	time.Sleep(time.Minute + phase)
	died, last := w.since(), w.lastWrite().at
	kill(a)
	over, cause := ra.over()
	if over != last+a.Timing().Trust || !errors.Is(cause, ErrExpired) {
		w.Errorf("the work's context ended %v after the last beat with %v, want %v with %v", over-last, cause, a.Timing().Trust, ErrExpired)
	}
	w.sleepUntil(last + a.Timing().Lease + spread)
	expectTerms(w, 2)
	failover(w, a, died, a.Timing().Failover().Usual)
	if err := ra.wait(); !errors.Is(err, ErrExpired) {
		w.Errorf("Lead = %v, want %v", err, ErrExpired)
	}
}

// failover checks when a successor was elected against the promised bounds.
func failover(w *world, c *candidate, died, atMost time.Duration) {
	w.Helper()
	got := w.terms()[1].at - died
	if earliest := c.Timing().Failover().Earliest; got < earliest || got > atMost {
		w.Errorf("successor %v after the death, want between %v and %v", got, earliest, atMost)
	}
}

func TestDeadLeaderIsSucceededInTimeWithoutPushes(t *testing.T) {
	t.Parallel()
	phases := redistest.Either(7, 20)
	for phase := range phases {
		bubble(t, func(w *world) {
			a := w.candidate("a", seeded(1))
			a.leader(obey)
			for i := range 3 {
				w.candidate(fmt.Sprint("b", i), deaf, seeded(uint64(phase*3+i))).lead(obey)
			}
			time.Sleep(time.Minute + 2*time.Second*time.Duration(phase)/time.Duration(phases))
			died := w.since()
			a.swallow()
			w.sleepUntil(died + a.Timing().Failover().Worst)
			expectTerms(w, 2)
			failover(w, a, died, a.Timing().Failover().Worst)
		})
	}
}

// The pushes stop when the leader dies: the last may be lost, and then a look has
// to find the last beat.
func TestLastPushMayBeLost(t *testing.T) {
	t.Parallel()
	for phase := range 20 {
		bubble(t, func(w *world) {
			a, b := w.candidate("a", seeded(1)), w.candidate("b", seeded(uint64(phase)))
			a.leader(obey)
			b.lead(obey)
			time.Sleep(time.Minute)
			w.trap("beat", "a", 1, func(arrival) { b.pushes.Cut() })
			time.Sleep(a.Timing().Beat + time.Duration(phase)*100*time.Millisecond)
			died := w.since()
			a.swallow()
			w.sleepUntil(died + a.Timing().Failover().Worst)
			expectTerms(w, 2)
			failover(w, a, died, a.Timing().Failover().Worst)
		})
	}
}

func TestFailoverBoundsHoldForEveryLease(t *testing.T) {
	t.Parallel()
	for _, l := range []time.Duration{2 * time.Second, 3 * time.Second, time.Minute, 10 * time.Minute} {
		bubble(t, func(w *world) {
			a := w.candidate("a", lease(l))
			a.leader(obey)
			w.candidate("b", lease(l)).lead(obey)
			time.Sleep(3*l + l/7)
			died := w.since()
			a.swallow()
			time.Sleep(a.Timing().Failover().Usual)
			expectTerms(w, 2)
			failover(w, a, died, a.Timing().Failover().Usual)
		})
	}
}

// Whoever starts after the crash knows nothing of it and waits a lease from its
// own first look.
func TestStartAfterTheCrashWaitsALease(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		a.leader(obey)
		time.Sleep(time.Minute)
		a.cut()
		time.Sleep(8 * time.Second)
		at := w.since()
		r := w.candidate("b").lead(obey)
		r.begun()
		if r.at != at+15*time.Second+spread {
			w.Errorf("elected %v after its start, want %v", r.at-at, 15*time.Second+spread)
		}
	})
}

func TestTheRecordsLeaseCounts(t *testing.T) {
	for _, leases := range [][2]time.Duration{{time.Minute, 15 * time.Second}, {3 * time.Second, time.Minute}} {
		bubble(t, func(w *world) {
			a := w.candidate("a", lease(leases[0]))
			a.leader(obey)
			rb := w.candidate("b", lease(leases[1])).lead(obey)
			time.Sleep(5 * time.Minute)
			a.swallow()
			last := w.lastWrite().at
			rb.begun()
			if waited := rb.at - last; waited < leases[0] || waited > leases[0]*101/100 {
				w.Errorf("took over after %v, want the lease of the record, %v", waited, leases[0])
			}
			if got := w.record().Lease; got != leases[1] {
				w.Errorf("the new record has a lease of %v, want its leader's, %v", got, leases[1])
			}
		})
	}
}

func TestLeaseMayChangeFromTermToTerm(t *testing.T) {
	bubble(t, func(w *world) {
		short := w.candidate("a", lease(3*time.Second))
		long := short.sibling(func(c *Config) { c.Lease = time.Minute })
		r := short.leader(obey)
		rb := w.candidate("b").lead(obey)
		time.Sleep(10 * time.Second)
		_ = r.stop()
		rb.begun()
		ctx, cancel := context.WithCancel(w.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); _ = long.Lead(ctx, obey) }()
		time.Sleep(10 * time.Second)
		_ = rb.stop()
		time.Sleep(10 * time.Second)
		if got := w.record(); got.Holder != "a" || got.Lease != time.Minute {
			w.Errorf("record %v, want led by a with a lease of a minute", got)
		}
		rb = w.candidate("c").lead(obey)
		time.Sleep(time.Second)
		last := w.lastWrite().at
		short.swallow()
		rb.begun()
		if waited := rb.at - last; waited < time.Minute {
			w.Errorf("took over after %v of a lease of a minute", waited)
		}
		cancel()
		<-ended
	})
}

// Pushes of former days, doubled and out of order, neither hasten a takeover nor
// put it off.
func TestOldPushesChangeNothing(t *testing.T) {
	bubble(t, func(w *world) {
		z := w.candidate("z")
		_ = z.leader(obey).stop()
		a, b := w.candidate("a"), w.candidate("b")
		a.leader(obey)
		rb := b.lead(obey)
		time.Sleep(time.Minute)
		last := w.lastWrite().at
		a.swallow()
		for i := range 14 {
			time.Sleep(time.Second)
			for _, wr := range w.history()[i:] {
				w.stub.Mini.Publish(key+":records", wr.bytes)
			}
		}
		rb.begun()
		if rb.at != last+15*time.Second+spread || w.written("elected") != 3 {
			w.Errorf("took over %v after the last beat, with %d grants", rb.at-last, w.written("elected"))
		}
	})
}

// A push that no look confirms is no proof of life: looks go on, and overrule it.
func TestInventedPushIsOverruled(t *testing.T) {
	bubble(t, func(w *world) {
		a, b := w.candidate("a"), w.candidate("b")
		a.leader(obey)
		rb := b.lead(obey)
		time.Sleep(time.Minute)
		a.swallow()
		invented := w.record()
		invented.Beat += 1000
		w.stub.Mini.Publish(key+":records", invented.String())
		at := w.since()
		vacated := w.record().Next(record.Vacant)
		vacated.Beat += 2000
		w.stub.Mini.Publish(key+":records", vacated.String())
		time.Sleep(time.Second)
		if rb.isElected() {
			w.Error("a push alone elected somebody")
		}
		rb.begun()
		if waited := rb.at - at; waited > 15*time.Second+spread+b.Timing().Lease/2*11/10 {
			w.Errorf("took over after %v", waited)
		}
	})
}
