package singleton_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/singleton"
)

// brief leaves the pauses between terms to the cool-down.
var brief = singleton.Policy{MinBackOff: time.Millisecond, MaxBackOff: 50 * time.Second}

const second = time.Second

// The cool-down doubles with each failure in a row, up to the longest back-off. Work that ran
// for longer than that begins the row anew.
func TestTheCoolDownDoublesWithFailures(t *testing.T) {
	bubble(t, func(w *world) {
		d, failing := w.diary(), errors.New("failing")
		lasts := func(run int) time.Duration {
			if run == 6 {
				return brief.MaxBackOff + 1
			}
			return time.Second
		}
		run := 0
		c := w.candidate("a", func(cfg *election.Config) { cfg.CoolDown = 5 * time.Second })
		c.keep(d.of(func(context.Context, election.Term) error {
			run++
			time.Sleep(lasts(run))
			return failing
		}), brief)
		time.Sleep(6 * time.Minute)
		want := []time.Duration{5 * second, 10 * second, 20 * second, 40 * second, 50 * second, 5 * second, 10 * second, 20 * second}
		if got := between(d.read()); len(got) < len(want) || !slices.Equal(got[:len(want)], want) {
			w.Errorf("pauses %v, want %v", got, want)
		}
	})
}

// A longer cool-down than the longest back-off stays what it is, and none stays none.
func TestTheCoolDownIsNotShortened(t *testing.T) {
	for given, want := range map[time.Duration]time.Duration{time.Minute: time.Minute, -1: 0} {
		bubble(t, func(w *world) {
			d := w.diary()
			c := w.candidate("a", func(cfg *election.Config) { cfg.CoolDown = given })
			c.keep(d.of(func(context.Context, election.Term) error { time.Sleep(time.Second); return nil }), singleton.Policy{MinBackOff: time.Millisecond, MaxBackOff: time.Millisecond})
			time.Sleep(5 * time.Minute)
			for _, pause := range between(d.read()) {
				if pause < want || pause > want+2*time.Millisecond {
					w.Errorf("cool-down %v: a pause of %v", given, pause)
				}
			}
		})
	}
}

// A stall is a failure, whatever follows work that returns. What the work did until its last
// progress decides whether the row begins anew.
func TestAStallIsAFailure(t *testing.T) {
	for _, onReturn := range []singleton.OnReturn{singleton.OnReturnRelease, singleton.OnReturnRestart, singleton.OnReturnStop} {
		bubble(t, func(w *world) {
			d, run, policy := w.diary(), 0, brief
			policy.OnReturn = onReturn
			c := w.candidate("a", stalling(time.Minute), func(cfg *election.Config) { cfg.CoolDown = 5 * time.Second })
			c.keep(d.of(func(ctx context.Context, term election.Term) error {
				if run++; run == 4 {
					time.Sleep(55 * time.Second)
					election.Progress(ctx)
				}
				return obey(ctx, term)
			}), policy)
			time.Sleep(8 * time.Minute)
			want := []time.Duration{5 * second, 10 * second, 20 * second, 5 * second}
			if got := between(d.read()); len(got) < len(want) || !slices.Equal(got[:len(want)], want) {
				w.Errorf("pauses %v, want %v", got, want)
			}
			if len(c.journal.with("the work stalled")) == 0 {
				w.Error("the log does not tell of the stall")
			}
		})
	}
}

// A step-down is no failure, and its cool-down stays the usual one.
func TestAStepDownDoesNotLengthenTheCoolDown(t *testing.T) {
	bubble(t, func(w *world) {
		d := w.diary()
		c := w.candidate("a", func(cfg *election.Config) { cfg.CoolDown = 5 * time.Second })
		c.keep(d.of(obey), brief)
		for range 4 {
			time.Sleep(10 * time.Second)
			if err := c.StepDown(w.Context(), "a test"); err != nil {
				w.Error(err)
			}
		}
		time.Sleep(10 * time.Second)
		for _, pause := range between(d.read()) {
			if pause != 5*time.Second {
				w.Errorf("a pause of %v", pause)
			}
		}
	})
}
