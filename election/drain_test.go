package election

// Shows S4: the record becomes vacant only when the work has returned.

import (
	"context"
	"errors"
	"testing"
	"time"

	"example.com/incumbent/internal/record"
)

// While work drains after a voluntary end nobody else gets leadership.
func TestVoluntaryDrainKeepsLeadership(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		r := a.leader(a.lingering(150 * time.Second))
		rb := w.candidate("b").lead(obey)
		time.Sleep(time.Minute)
		cause := errors.New("shutting down")
		at := w.since()
		r.cancel(cause)
		if over, got := r.over(); over != at || got != cause {
			w.Errorf("the context ended after %v with %v", over-at, got)
		}
		w.sleepUntil(at + 149*time.Second)
		if rb.isElected() || a.IsLeader() || a.Check() != nil {
			w.Errorf("successor %v, leader %v, check %v while the work drains", rb.isElected(), a.IsLeader(), a.Check())
		}
		if got := a.overruns(); len(got) != 1 || !got[0].Held || got[0].Overdue != 0 || got[0].Cause != cause || got[0].Term != r.term || got[0].Name != "x" {
			w.Errorf("overruns %+v, want one, held", got)
		}
		if ev := a.event(KindOverrun); !ev.Held || ev.Time.Sub(w.start) != at+a.Timing().Grace || a.count(KindOverrun) != 1 {
			w.Errorf("told of %+v; want one overrun, held, after the grace; events %v", ev, a.kinds())
		}
		rb.begun()
		if err := r.wait(); err != nil || rb.at != at+150*time.Second {
			w.Errorf("Lead = %v, successor after %v", err, rb.at-at)
		}
	})
}

// As soon as beats fail, a voluntary drain has what trust and grace leave.
func TestVoluntaryDrainWithoutRedis(t *testing.T) {
	bubble(t, func(w *world) {
		w.zombies = true
		a := w.candidate("a")
		until := make(chan struct{})
		r := a.leader(ignoring(until))
		rb := w.candidate("b").lead(obey)
		time.Sleep(time.Minute)
		r.cancel(nil)
		time.Sleep(30 * time.Second)
		last := a.anchor()
		a.swallow()
		w.sleepUntil(a.trustFrom(last) + a.Timing().Grace - 1)
		if got := a.overruns(); len(got) != 1 || !got[0].Held {
			w.Errorf("overruns %+v before trust and grace were over, want one, held", got)
		}
		time.Sleep(1)
		if got := a.overruns(); len(got) != 2 || got[1].Held || got[1].Overdue != 0 || !errors.Is(got[1].Cause, context.Canceled) {
			w.Errorf("overruns %+v when trust and grace are over, want a second, not held", got)
		}
		if err := a.Check(); err == nil {
			w.Error("Check finds nothing wrong")
		}
		rb.begun()
		close(until)
		if err := r.wait(); err != nil {
			w.Errorf("Lead = %v after an end that the caller wanted", err)
		}
		if len(a.overruns()) != 2 {
			w.Errorf("overruns %+v", a.overruns())
		}
	})
}

// A drain whose Redis is away for less than its trust goes on as if nothing had
// been.
func TestVoluntaryDrainThroughAShortOutage(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		r := a.leader(a.lingering(2 * time.Minute))
		rb := w.candidate("b").lead(obey)
		time.Sleep(time.Minute)
		r.cancel(nil)
		for range 5 {
			time.Sleep(10 * time.Second)
			a.cut()
			time.Sleep(6 * time.Second)
			a.heal()
		}
		rb.begun()
		if got := a.overruns(); len(got) != 1 || !got[0].Held || rb.at != 3*time.Minute {
			w.Errorf("overruns %+v, successor at %v", got, rb.at)
		}
	})
}

func TestWorkThatIgnoresItsLoss(t *testing.T) {
	bubble(t, func(w *world) {
		w.zombies = true
		a := w.candidate("a")
		until := make(chan struct{})
		r := a.leader(ignoring(until))
		time.Sleep(time.Minute)
		last := a.anchor()
		a.cut()
		w.sleepUntil(a.trustFrom(last) - 1)
		if a.Check() != nil {
			w.Errorf("Check = %v within trust", a.Check())
		}
		w.sleepUntil(a.trustFrom(last))
		if a.Check() == nil {
			w.Error("Check finds nothing wrong when trust has ended")
		}
		w.sleepUntil(a.trustFrom(last) + a.Timing().Grace - 1)
		if got := a.overruns(); len(got) != 0 {
			w.Errorf("overruns %+v within the grace", got)
		}
		time.Sleep(1)
		if got := a.overruns(); len(got) != 1 || got[0].Held || !errors.Is(got[0].Cause, ErrExpired) {
			w.Errorf("overruns %+v, want one, not held", got)
		}
		time.Sleep(5 * time.Minute)
		if a.count(KindOverrun) != 1 || a.count(KindRevoked) != 1 {
			w.Errorf("events %v", a.kinds())
		}
		close(until)
		if err := r.wait(); !errors.Is(err, ErrExpired) {
			w.Errorf("Lead = %v", err)
		}
	})
}

// After a loss to somebody else there is no grace at all.
func TestNoGraceWhenAnotherLeads(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		until := make(chan struct{})
		r := a.leader(ignoring(until))
		time.Sleep(time.Minute)
		other := w.record()
		other.Term, other.Holder, other.Nonce = other.Term+1, "somebody", record.NewNonce()
		w.put(other)
		at, cause := r.over()
		var lost *Error
		if !errors.Is(cause, ErrLost) || !errors.As(cause, &lost) || lost.Leader.ID != "somebody" || int64(lost.Leader.Term) != other.Term {
			w.Errorf("cause %v", cause)
		}
		w.sleepUntil(at + a.Timing().Slack)
		if got := a.overruns(); len(got) != 1 || got[0].Held || got[0].Overdue != a.Timing().Slack {
			w.Errorf("overruns %+v, want one, told as soon as work that obeys has had the time to", got)
		}
		if a.Check() == nil {
			w.Error("Check finds nothing wrong with work in leadership that is lost")
		}
		close(until)
		_ = r.wait()
		if got := w.record(); got.String() != other.String() || a.count(KindRecordLost) != 0 {
			w.Errorf("record %v, events %v", got, a.kinds())
		}
	})
}

// Work that obeys is told to nobody, even where it has no grace.
func TestWorkThatObeysOverrunsNothing(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		r := a.leader(obey)
		time.Sleep(time.Minute)
		other := w.record()
		other.Term, other.Holder, other.Nonce = other.Term+1, "somebody", record.NewNonce()
		w.put(other)
		if err := r.wait(); !errors.Is(err, ErrLost) || len(a.overruns()) != 0 {
			w.Errorf("Lead = %v, overruns %+v", err, a.overruns())
		}
	})
}

// The work returns just when its term is lost.
func TestWorkThatEndsDuringALoss(t *testing.T) {
	for _, before := range []time.Duration{-1, 0, 1, time.Second} {
		bubble(t, func(w *world) {
			a := w.candidate("a")
			r := a.leader(lasting(68*time.Second-before, nil)) // the last beat is of 58.9 s
			w.sleepUntil(time.Minute)
			a.cut()
			err := r.wait()
			if err != nil && !errors.Is(err, ErrExpired) {
				w.Errorf("Lead = %v", err)
			}
			if a.count(KindRevoked) != 1 || a.count(KindReleaseFailed) != 1 {
				w.Errorf("events %v", a.kinds())
			}
		})
	}
}
