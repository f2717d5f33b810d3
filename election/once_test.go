package election

import (
	"context"
	"errors"
	"testing"
	"time"
)

// try is one attempt: what Lead returned, and whether the work ran.
func (c *candidate) try() (worked bool, err error) {
	err = c.Lead(c.w.Context(), func(context.Context, Term) error {
		worked = true
		return nil
	})
	return worked, err
}

func TestOnceTakesAVacantOffice(t *testing.T) {
	bubble(t, func(w *world) {
		_ = w.candidate("z").leader(obey).stop()
		a := w.candidate("a", once)
		if worked, err := a.try(); !worked || err != nil || w.since() != 0 {
			w.Errorf("worked %v, Lead = %v at %v", worked, err, w.since())
		}
		if worked, err := a.try(); !worked || err != nil || w.since() != 0 { // its cool-down is for campaigns
			w.Errorf("once more: worked %v, Lead = %v at %v", worked, err, w.since())
		}
	})
}

func TestOnceFromNothing(t *testing.T) {
	bubble(t, func(w *world) {
		if worked, err := w.candidate("a", once).try(); !worked || err != nil {
			w.Errorf("worked %v, Lead = %v", worked, err)
		}
	})
}

func TestOnceFindsALeader(t *testing.T) {
	bubble(t, func(w *world) {
		z := w.candidate("z", configured(func(c *Config) { c.Meta = "far away" }))
		r := z.leader(z.lingering(2 * time.Minute))
		a := w.candidate("a", once)
		for _, stepping := range []bool{false, true} {
			time.Sleep(time.Minute)
			at := w.since()
			worked, err := a.try()
			var held *HeldError
			if worked || !errors.Is(err, ErrHeld) || !errors.As(err, &held) || w.since() != at {
				w.Fatalf("worked %v, Lead = %v after %v", worked, err, w.since()-at)
			}
			want := Leader{ID: "z", Term: r.term, Meta: "far away", Lease: 15 * time.Second, SteppingDown: stepping}
			if held.By != want || held.Election != "x" {
				w.Errorf("held by %+v, want %+v", held.By, want)
			}
			_ = a.StepDown(w.Context())
		}
	})
}

func TestOnceFindsAQuarantine(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a", once, quarantine)
		for _, want := range []time.Duration{15 * time.Second, 10*time.Second + spread, 5*time.Second + spread} {
			worked, err := a.try()
			var q *QuarantinedError
			if worked || !errors.Is(err, ErrQuarantined) || !errors.As(err, &q) || q.Wait != want {
				w.Errorf("at %v: worked %v, Lead = %v, want a wait of %v", w.since(), worked, err, want)
			}
			time.Sleep(5 * time.Second)
		}
		time.Sleep(spread)
		if worked, err := a.try(); !worked || err != nil {
			w.Errorf("worked %v, Lead = %v when the quarantine is over", worked, err)
		}
		if w.written("quarantine") != 1 || w.written("lengthen") != 0 {
			w.Errorf("history %v", w.history())
		}
	})
}

// Repeated attempts see that a leader is silent; a single one cannot.
func TestOnceSucceedsASilentLeader(t *testing.T) {
	bubble(t, func(w *world) {
		z := w.candidate("z")
		z.leader(obey)
		time.Sleep(time.Minute)
		z.swallow()
		a := w.candidate("a", once)
		first := w.since()
		for range 15 {
			if worked, err := a.try(); worked || !errors.Is(err, ErrHeld) {
				w.Errorf("%v after the first attempt: worked %v, Lead = %v", w.since()-first, worked, err)
			}
			time.Sleep(time.Second)
		}
		if worked, _ := w.candidate("b", once).try(); worked {
			w.Error("a first attempt took over")
		}
		time.Sleep(spread)
		if worked, err := a.try(); !worked || err != nil {
			w.Errorf("a lease after the first attempt: worked %v, Lead = %v", worked, err)
		}
	})
}

func TestOnceWithoutRedis(t *testing.T) {
	for name, o := range outages {
		bubble(t, func(w *world) {
			a := w.candidate("a", once, unwrapped)
			o.begin(a)
			worked, err := a.try()
			if worked || !errors.Is(err, ErrUnavailable) || w.since() > 2*a.Timing().Attempt {
				w.Errorf("%s: worked %v, Lead = %v after %v", name, worked, err, w.since())
			}
			o.end(a)
			if worked, err := a.try(); !worked || err != nil {
				w.Errorf("%s: afterwards worked %v, Lead = %v", name, worked, err)
			}
		})
	}
}

// A claim whose answer is lost is cleared up before Lead returns.
func TestOnceLeavesNoGhost(t *testing.T) {
	withLostReplies(t, func(w *world, client option) {
		a := w.candidate("a", once, client)
		a.loseReply("grant", "a")
		worked, err := a.try()
		if a.plain {
			if !worked || err != nil {
				w.Errorf("worked %v, Lead = %v", worked, err)
			}
			return
		}
		if worked || !errors.Is(err, ErrUnavailable) {
			w.Errorf("worked %v, Lead = %v", worked, err)
		}
		if got := w.record(); got.status != vacant {
			w.Errorf("record %v, want vacant", got)
		}
	})
}

// What a CAS is answered is what Lead says: somebody was faster in between.
func TestOnceSaysWhatItMet(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a", once, quarantine)
		w.trap("quarantine", "a", 1, func(arrival) { w.put(sample) })
		if worked, err := a.try(); worked || !errors.Is(err, ErrHeld) {
			w.Errorf("worked %v, Lead = %v, want %v", worked, err, ErrHeld)
		}
	})
	bubble(t, func(w *world) {
		_ = w.candidate("z").leader(obey).stop()
		a := w.candidate("a", once)
		w.trap("grant", "a", 1, func(arrival) { w.put(sample) })
		if worked, err := a.try(); worked || !errors.Is(err, ErrHeld) {
			w.Errorf("worked %v, Lead = %v, want %v", worked, err, ErrHeld)
		}
	})
}

// An attempt that is granted too late says so: here the process was suspended
// while it waited for the answer.
func TestOnceGrantedTooLate(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a", once)
		w.trap("grant", "a", 1, func(arrival) { a.clock.setWall(5 * time.Second) })
		worked, err := a.try()
		if worked || !errors.Is(err, ErrUnavailable) {
			w.Errorf("worked %v, Lead = %v", worked, err)
		}
		if got := w.record(); got.status != vacant {
			w.Errorf("record %v, want vacant", got)
		}
	})
}
