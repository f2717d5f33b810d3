package election

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"example.com/incumbent/internal/link"
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
			for phase := range 8 {
				bubble(t, func(w *world) { dieAndSucceed(w, kill, time.Duration(phase)*250*time.Millisecond) })
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
	for phase := range 20 {
		bubble(t, func(w *world) {
			a := w.candidate("a", seeded(1))
			a.leader(obey)
			for i := range 3 {
				w.candidate(fmt.Sprint("b", i), deaf, seeded(uint64(phase*3+i))).lead(obey)
			}
			time.Sleep(time.Minute + time.Duration(phase)*100*time.Millisecond)
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
			w.trap("beat", "a", 1, func(request) { b.pushes.Cut() })
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
			if got := w.record().lease; got != leases[1] {
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
		if got := w.record(); got.holder != "a" || got.lease != time.Minute {
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

// resource refuses whoever comes with a term lower than the highest it has seen.
type resource struct{ highest Term }

func (r *resource) write(term Term) bool {
	r.highest = max(r.highest, term)
	return term == r.highest
}

func TestStalledLeaderWakesUpDeposed(t *testing.T) {
	bubble(t, func(w *world) {
		w.zombies = true
		a, b := w.candidate("a"), w.candidate("b")
		var fenced resource
		ra := a.leader(obey)
		fenced.write(ra.term)
		rb := b.lead(obey)
		time.Sleep(time.Minute)
		a.clock.stall(40 * time.Second)
		woken := w.since() + 40*time.Second
		rb.begun()
		fenced.write(rb.term)
		if err := ra.ctx.Err(); err == nil || w.since() != woken { // it blocks as long as the stall
			w.Errorf("Err = %v at %v, want an error on waking at %v", err, w.since(), woken)
		}
		if a.IsLeader() || fenced.write(ra.term) {
			w.Error("the deposed leader believes or is believed")
		}
		if err := ra.wait(); !errors.Is(err, ErrExpired) && !errors.Is(err, ErrLost) {
			w.Errorf("Lead = %v", err)
		}
		if got := w.record().owner(); got.term != rb.term {
			w.Errorf("the record is of term %d, want %d", got.term, rb.term)
		}
		again := a.lead(obey)
		time.Sleep(time.Minute)
		if again.isElected() {
			w.Error("led beside its successor")
		}
		_ = rb.stop()
		again.begun()
	})
}

// What a stalled leader sends on waking changes nothing, and what it is answered
// says by whom it was succeeded.
func TestLateBeatLearnsOfTheSuccessor(t *testing.T) {
	bubble(t, func(w *world) {
		w.zombies = true
		a, b := w.candidate("a"), w.candidate("b")
		until := make(chan struct{})
		ra := a.leader(ignoring(until))
		b.lead(obey)
		time.Sleep(time.Minute)
		a.clock.stall(40 * time.Second)
		time.Sleep(41 * time.Second)
		if got := w.record(); got.holder != "b" {
			w.Errorf("record %v, want led by b", got)
		}
		close(until)
		if err := ra.wait(); !errors.Is(err, ErrExpired) {
			w.Errorf("Lead = %v, want %v", err, ErrExpired)
		}
		if a.count(Released) != 0 {
			w.Error("told that it released an office that it had lost")
		}
	})
}

// A leader whose beats fail for longer than its trust gives its record up when
// its work has ended, if it can: nobody has to wait for the rest of the lease.
func TestExpiredLeaderReleasesWhatIsStillItsOwn(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		ra := a.leader(obey)
		time.Sleep(time.Minute)
		last := w.lastWrite().at
		a.cut()
		over, _ := ra.over()
		time.Sleep(time.Second)
		a.heal()
		if err := ra.wait(); !errors.Is(err, ErrExpired) || ra.errAt > over+2*time.Second {
			w.Errorf("Lead = %v %v after the expiry", err, ra.errAt-over)
		}
		if got := w.record(); got.status != vacant {
			w.Errorf("record %v, want vacant", got)
		}
		again := a.leader(obey)
		if again.at >= last+15*time.Second {
			w.Errorf("elected again %v after the last beat although the office was vacant", again.at-last)
		}
	})
}

// Its own former record is waited for like anybody's.
func TestFormerRecordIsNeverAdopted(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a", configured(func(c *Config) { c.ReleaseTimeout = time.Second }))
		ra := a.leader(obey)
		time.Sleep(time.Minute)
		last := w.lastWrite().at
		a.cut()
		_ = ra.wait()
		if got := a.event(ReleaseFailed); got.Gap <= 0 {
			w.Errorf("gap %v", got.Gap)
		}
		a.heal()
		again := a.leader(obey)
		if again.at < last+15*time.Second || again.term <= ra.term {
			w.Errorf("elected again in term %d, %v after the last beat of term %d", again.term, again.at-last, ra.term)
		}
		if a.count(DuplicateID)+a.count(Standby) != 0 {
			w.Errorf("took itself for another: %v", a.kinds())
		}
	})
}

// Trust ends by a timer of the term's own, even if nothing else goes on.
func TestTrustEndsWithoutTheBeats(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		r := a.leader(obey)
		time.Sleep(time.Minute)
		last := a.anchor()
		release := make(chan struct{})
		a.conn.session.beater.do(func() { <-release })
		time.AfterFunc(time.Minute, func() { close(release) })
		<-r.ctx.(*workContext).Context.Done() // asks no clock
		if at := w.since(); at != a.trustFrom(last) {
			w.Errorf("the context ended after %v, want after the trust", at-last)
		}
		_ = r.wait()
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
		if rb.at != last+15*time.Second+spread || w.written("grant") != 3 {
			w.Errorf("took over %v after the last beat, with %d grants", rb.at-last, w.written("grant"))
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
		invented.beat += 1000
		w.stub.Mini.Publish(key+":records", invented.String())
		at := w.since()
		vacated := w.record().next(vacant)
		vacated.beat += 2000
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
