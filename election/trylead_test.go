package election

// Shows a promise of TryLead: it lasts until the question is decided.

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"example.com/incumbent/internal/record"
)

// try is a single attempt: what TryLead returned, and whether the work ran.
func (c *candidate) try() (worked bool, err error) {
	err = c.TryLead(c.w.Context(), func(context.Context, Term) error {
		worked = true
		return nil
	})
	return worked, err
}

func TestTryLeadTakesAVacancy(t *testing.T) {
	bubble(t, func(w *world) {
		_ = w.candidate("z").leader(obey).stop()
		a := w.candidate("a")
		for what := range 2 { // its cool-down is for campaigns
			if worked, err := a.try(); !worked || err != nil || w.since() != 0 {
				w.Errorf("attempt %d: worked %v, TryLead = %v at %v", what, worked, err, w.since())
			}
		}
	})
}

func TestTryLeadFromNothing(t *testing.T) {
	bubble(t, func(w *world) {
		if worked, err := w.candidate("a").try(); !worked || err != nil || w.since() != 0 {
			w.Errorf("worked %v, TryLead = %v at %v", worked, err, w.since())
		}
	})
}

// A new name is quarantined once, and by the attempt that finds it: a process that ends
// after one attempt would never lead otherwise, nor would any after it.
func TestTryLeadWaitsAQuarantineOut(t *testing.T) {
	bubble(t, func(w *world) {
		worked, err := w.candidate("a", quarantine).try()
		if !worked || err != nil || w.since() != 15*time.Second+spread {
			w.Errorf("worked %v, TryLead = %v at %v", worked, err, w.since())
		}
		if w.written("quarantined") != 1 || w.written("lengthened") != 0 {
			w.Errorf("history %v", w.history())
		}
	})
}

// The question is decided by the first beat that is seen; a record proves nothing.
func TestTryLeadSeesABeat(t *testing.T) {
	for name, options := range map[string][]option{"with notifications": nil, "without": {deaf}} {
		bubble(t, func(w *world) {
			z := w.candidate("z", configured(func(c *Config) { c.Meta = "far away" }))
			r := z.leader(z.lingering(2 * time.Minute))
			a := w.candidate("a", options...)
			for _, stepping := range []bool{false, true} {
				time.Sleep(time.Minute)
				at := w.since()
				worked, err := a.try()
				var held *Error
				if worked || !errors.Is(err, ErrHeld) || !errors.As(err, &held) {
					w.Fatalf("%s: worked %v, TryLead = %v", name, worked, err)
				}
				if took := w.since() - at; took > 2*z.Timing().Beat {
					w.Errorf("%s: it took %v, want two beats at most", name, took)
				}
				want := Leader{ID: "z", Term: r.term, Meta: "far away", Lease: 15 * time.Second, Draining: stepping}
				if held.Leader != want || held.Name != "x" {
					w.Errorf("%s: held by %+v, want %+v", name, held.Leader, want)
				}
				_ = a.StepDown(w.Context(), "")
			}
		})
	}
}

// A leader that does not beat is succeeded after its lease, by a single attempt.
func TestTryLeadSucceedsASilentLeader(t *testing.T) {
	bubble(t, func(w *world) {
		z := w.candidate("z")
		z.leader(obey)
		time.Sleep(time.Minute)
		z.swallow()
		first := w.since()
		worked, err := w.candidate("a").try()
		if took := w.since() - first; !worked || err != nil || took != 15*time.Second+spread {
			w.Errorf("worked %v, TryLead = %v after %v", worked, err, took)
		}
	})
}

// A request to step down, which anybody may write, is no sign of a leader's life, nor
// is a beat that is only published.
func TestTryLeadIsNotFooled(t *testing.T) {
	bubble(t, func(w *world) {
		z := w.candidate("z")
		z.leader(obey)
		time.Sleep(time.Minute)
		z.swallow()
		b := w.candidate("b")
		forged := w.record().Next(record.Led)
		ended := make(chan error, 1)
		var worked bool
		go func() {
			var err error
			worked, err = w.candidate("a").try()
			ended <- err
		}()
		time.Sleep(5 * time.Second)
		w.stub.Mini.Publish("incumbent:{x}:records", forged.String())
		asked := w.since()
		if err := b.StepDown(w.Context(), ""); err != nil {
			w.Fatal(err)
		}
		err := <-ended
		if took := w.since() - asked; !worked || err != nil || took != 15*time.Second+spread {
			w.Errorf("worked %v, TryLead = %v, %v after the request", worked, err, took)
		}
	})
}

// Redis that does not answer is tried for a lease.
func TestTryLeadWithoutRedis(t *testing.T) {
	for name, o := range outages {
		bubble(t, func(w *world) {
			a := w.candidate("a", unwrapped)
			o.begin(a)
			worked, err := a.try()
			if worked || !errors.Is(err, ErrUnavailable) || w.since() < 15*time.Second || w.since() > 20*time.Second {
				w.Errorf("%s: worked %v, TryLead = %v after %v", name, worked, err, w.since())
			}
			o.end(a)
			if worked, err := a.try(); !worked || err != nil {
				w.Errorf("%s: afterwards worked %v, TryLead = %v", name, worked, err)
			}
		})
	}
}

// An outage that is shorter decides nothing.
func TestTryLeadOutlivesAnOutage(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		a.swallow()
		time.AfterFunc(10*time.Second, a.heal)
		if worked, err := a.try(); !worked || err != nil || w.since() > 14*time.Second {
			w.Errorf("worked %v, TryLead = %v after %v", worked, err, w.since())
		}
	})
}

// A claim whose answer is lost is asked for again, and leaves nothing behind.
func TestTryLeadLosesAReply(t *testing.T) {
	withLostReplies(t, func(w *world, client option) {
		a := w.candidate("a", client)
		a.loseReply("elected", "a")
		if worked, err := a.try(); !worked || err != nil {
			w.Errorf("worked %v, TryLead = %v", worked, err)
		}
		if got := w.record(); got.Status != record.Vacant {
			w.Errorf("record %v, want vacant", got)
		}
	})
}

// What a CAS is answered decides, too: somebody was faster in between.
func TestTryLeadSaysWhatItMet(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a", quarantine)
		w.trap("quarantined", "a", 1, func(arrival) { w.put(sample) })
		if worked, err := a.try(); worked || !errors.Is(err, ErrHeld) || w.since() != 0 {
			w.Errorf("worked %v, TryLead = %v at %v, want %v", worked, err, w.since(), ErrHeld)
		}
	})
	bubble(t, func(w *world) {
		_ = w.candidate("z").leader(obey).stop()
		a := w.candidate("a")
		w.trap("elected", "a", 1, func(arrival) { w.put(sample) })
		if worked, err := a.try(); worked || !errors.Is(err, ErrHeld) || w.since() != 0 {
			w.Errorf("worked %v, TryLead = %v at %v, want %v", worked, err, w.since(), ErrHeld)
		}
	})
}

// An attempt that is granted too late says so: here the process was suspended
// while it waited for the answer.
func TestTryLeadGrantedTooLate(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		w.trap("elected", "a", 1, func(arrival) { a.clock.StepWall(5 * time.Second) })
		worked, err := a.try()
		if worked || !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "too late") {
			w.Errorf("worked %v, TryLead = %v", worked, err)
		}
		if got := w.record(); got.Status != record.Vacant {
			w.Errorf("record %v, want vacant", got)
		}
	})
}

// One elector may try and, another time, wait.
func TestTryLeadThenLead(t *testing.T) {
	bubble(t, func(w *world) {
		z := w.candidate("z")
		r := z.leader(obey)
		a := w.candidate("a")
		if _, err := a.try(); !errors.Is(err, ErrHeld) {
			w.Errorf("TryLead = %v", err)
		}
		ra := a.lead(obey)
		time.Sleep(time.Minute)
		_ = r.stop()
		ra.begun()
		if _, err := a.try(); !errors.Is(err, ErrRunning) {
			w.Errorf("TryLead while the elector leads: %v", err)
		}
	})
}

// Who gives up waiting learns who stood in the way.
func TestLeadThatEndsSaysWhoHoldsIt(t *testing.T) {
	bubble(t, func(w *world) {
		w.candidate("z").leader(obey)
		ctx, cancel := context.WithTimeout(w.Context(), time.Minute)
		defer cancel()
		err := w.candidate("a").Lead(ctx, obey)
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), `"z" leads in term`) {
			w.Errorf("Lead = %v", err)
		}
	})
}
