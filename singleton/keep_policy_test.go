package singleton_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/singleton"
)

func TestReleaseLetsAnotherCandidateLead(t *testing.T) {
	for name, end := range map[string]error{"failed": errBoom, "ended": nil} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				a, b := w.candidate("a"), w.candidate("b")
				da, db := w.diary(), w.diary()
				once := true
				a.keep(da.of(func(ctx context.Context, term election.Term) error {
					if once {
						once = false
						time.Sleep(time.Minute)
						return end
					}
					return obey(ctx, term)
				}), singleton.Policy{})
				time.Sleep(time.Second)
				kb := b.keep(db.of(obey), singleton.Policy{})

				time.Sleep(time.Minute + time.Second)
				if began := db.last().began; began != time.Minute {
					w.Errorf("b began at %v, want it as soon as the work of a had ended", began)
				}
				if lines := a.journal.with("by itself"); len(lines) != 1 {
					w.Errorf("logged %v", lines)
				}
				if err := kb.stop(); err != nil { // while a stands back
					w.Errorf("Keep of b returned %v", err)
				}
				time.Sleep(time.Minute)
				runs := da.read()
				if len(runs) != 2 || runs[1].began != time.Minute+5*time.Second {
					w.Errorf("a ran %+v, want it again after its cool-down of 5s", runs)
				}
				w.expectRisingTerms([]run{runs[0], db.last(), runs[1]})
			})
		})
	}
}

func TestReleaseBacksOffLongerThanTheCoolDown(t *testing.T) {
	bubble(t, func(w *world) {
		d := w.diary()
		w.candidate("a").keep(d.of(fail), singleton.Policy{MinBackOff: time.Minute, MaxBackOff: time.Hour})
		time.Sleep(12 * time.Hour)
		w.expectRisingTerms(d.read())
		w.expectPauses(between(d.read()), time.Minute, time.Hour)
	})
}

// OnReturnRestart keeps leadership, with its term, its context and its beats, while the
// work pauses.
func TestRestartRunsAgainWithinTheTerm(t *testing.T) {
	for name, end := range map[string]error{"failed": errBoom, "ended": nil} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				c, d := w.candidate("a"), w.diary()
				var ctxs []context.Context
				k := c.keep(d.of(func(ctx context.Context, _ election.Term) error {
					ctxs = append(ctxs, ctx)
					time.Sleep(time.Second)
					if ctx.Err() != nil {
						return nil
					}
					return end
				}), singleton.Policy{OnReturn: singleton.OnReturnRestart, MaxBackOff: 20 * time.Second})
				beat := int64(0)
				for range 100 {
					time.Sleep(3 * time.Second)
					r := w.record()
					if r.Status != record.Led || r.Beat <= beat || !c.IsLeader() {
						w.Errorf("record %v after beat %d, leader: %t", r, beat, c.IsLeader())
					}
					beat = r.Beat
				}
				runs := d.read()
				w.expectPauses(between(runs), time.Second, 20*time.Second)
				for i, r := range runs {
					if r.term != runs[0].term || ctxs[i] != ctxs[0] || r.cause != nil {
						w.Errorf("run %d: %+v, want the term and the context of the first", i, r)
					}
				}
				if err := k.stop(); err != nil {
					w.Errorf("Keep returned %v", err)
				}
				w.expectStatus(record.Vacant)
			})
		})
	}
}

// A term that is lost in such a pause is lost: the work does not run in it again.
func TestRestartEndsWithTheTerm(t *testing.T) {
	bubble(t, func(w *world) {
		c, d := w.candidate("a"), w.diary()
		k := c.keep(d.of(fail), singleton.Policy{OnReturn: singleton.OnReturnRestart, MinBackOff: time.Minute, MaxBackOff: time.Minute})
		time.Sleep(5 * time.Second)
		w.vacate()
		time.Sleep(2100 * time.Millisecond) // a beat has shown it, and the pause after it is not over
		if c.IsLeader() {
			w.Error("still the leader")
		}
		if lines := c.journal.with("by itself"); len(lines) != 1 {
			w.Errorf("logged %v, want one failure: the pause has ended by the loss", lines)
		}
		time.Sleep(3 * time.Minute)
		runs := d.read()
		if len(runs) < 2 || runs[1].term == runs[0].term || runs[1].began > 15*time.Second {
			w.Errorf("ran %+v, want the second run in another term, after a pause", runs)
		}
		if err := k.stop(); err != nil && !errors.Is(err, errBoom) { // which is what work that fails just then returns
			w.Errorf("Keep returned %v", err)
		}
	})
}

func TestOnReturnStopReturnsWhatTheWorkReturned(t *testing.T) {
	for name, end := range map[string]error{"failed": errBoom, "ended": nil, "bare context error": context.Canceled} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				d := w.diary()
				k := w.candidate("a").keep(d.of(func(context.Context, election.Term) error {
					time.Sleep(time.Second)
					return end
				}), singleton.Policy{OnReturn: singleton.OnReturnStop})
				if err := k.returned(); err != end || k.at != time.Second {
					w.Errorf("Keep returned %v at %v, want %v at 1s", err, k.at, end)
				}
				w.expectStatus(record.Vacant)
				if runs := d.read(); len(runs) != 1 {
					w.Errorf("ran %+v, want once", runs)
				}
			})
		})
	}
}

// Giving up is for work that ends by itself, not for terms that are ended.
func TestOnReturnStopGoesOnAfterALoss(t *testing.T) {
	bubble(t, func(w *world) {
		d := w.diary()
		k := w.candidate("a").keep(d.of(obey), singleton.Policy{OnReturn: singleton.OnReturnStop, StopOnPermanent: true})
		time.Sleep(time.Minute)
		w.vacate()
		time.Sleep(time.Minute)
		if k.over() {
			w.Fatalf("Keep returned %v", k.err)
		}
		if runs := d.read(); len(runs) != 2 {
			w.Errorf("ran %+v, want twice", runs)
		}
	})
}

// What the work says about a term that somebody else ended does not end Keep.
func TestKeepGoesOnAfterWorkThatFailsToEndALostTerm(t *testing.T) {
	bubble(t, func(w *world) {
		d := w.diary()
		k := w.candidate("a").keep(d.of(func(ctx context.Context, _ election.Term) error {
			<-ctx.Done()
			return errBoom
		}), singleton.Policy{OnReturn: singleton.OnReturnStop})
		time.Sleep(time.Minute)
		w.vacate()
		time.Sleep(time.Minute)
		if k.over() {
			w.Fatalf("Keep returned %v", k.err)
		}
		if runs := d.read(); len(runs) != 2 {
			w.Errorf("ran %+v, want twice", runs)
		}
		if err := k.stop(); !errors.Is(err, errBoom) {
			w.Errorf("Keep returned %v, want what the work failed with in the end", err)
		}
	})
}
