package election

// Shows S3: a leader that was held up or replaced has lost its trust when it looks.

import (
	"errors"
	"testing"
	"time"

	"example.com/incumbent/internal/record"
)

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
		a.clock.Stall(40 * time.Second)
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
		if got := w.record().Grant(); got.Term != int64(rb.term) {
			w.Errorf("the record is of term %d, want %d", got.Term, rb.term)
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
		a.clock.Stall(40 * time.Second)
		time.Sleep(41 * time.Second)
		if got := w.record(); got.Holder != "b" {
			w.Errorf("record %v, want led by b", got)
		}
		close(until)
		if err := ra.wait(); !errors.Is(err, ErrExpired) {
			w.Errorf("Lead = %v, want %v", err, ErrExpired)
		}
		if a.count(KindReleased) != 0 {
			w.Error("told that it released leadership that it had lost")
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
		if got := w.record(); got.Status != record.Vacant {
			w.Errorf("record %v, want vacant", got)
		}
		again := a.leader(obey)
		if again.at >= last+15*time.Second {
			w.Errorf("elected again %v after the last beat although leadership was vacant", again.at-last)
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
