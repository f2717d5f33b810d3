package singleton_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/singleton"
)

// stalling sets Config.Stall.
func stalling(d time.Duration) func(*election.Config) {
	return func(cfg *election.Config) { cfg.Stall = d }
}

// While the check passes the term goes on. From its last success on Stall counts, and the
// error says why the check failed.
func TestHealthyEndsATermWhoseCheckFails(t *testing.T) {
	bubble(t, func(w *world) {
		sick, checks := errors.New("no connection to the broker"), atomic.Int64{}
		check := func(context.Context) error {
			if checks.Add(1) > 60 {
				return sick
			}
			return nil
		}
		c, d := w.candidate("a", stalling(10*time.Second)), w.diary()
		k := c.keep(singleton.Healthy(3*time.Second, check, d.of(obey)), singleton.Policy{})
		time.Sleep(3*time.Minute + 11*time.Second)
		runs := d.read()
		if len(runs) != 1 || runs[0].ended != 3*time.Minute+10*time.Second || checks.Load() != 63 {
			w.Errorf("runs %+v, %d checks; want one, that ends 10s after the check passed at 3m0s", runs, checks.Load())
		}
		if err := k.stop(); err != nil {
			w.Errorf("Keep = %v", err)
		}
		if len(c.journal.with(sick.Error())) == 0 {
			w.Error("the log does not say why the check failed")
		}
	})
}

// A check that blocks is no progress either. It obeys its context, and the work is released.
func TestHealthyWithACheckThatBlocks(t *testing.T) {
	bubble(t, func(w *world) {
		blocks := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		c := w.candidate("a", stalling(10*time.Second))
		err := c.Lead(w.Context(), singleton.Healthy(3*time.Second, blocks, obey))
		if now := w.now(); now != 10*time.Second || !errors.Is(err, election.ErrStalled) || strings.Contains(err.Error(), "health check") {
			w.Errorf("after %v: %v", now, err)
		}
	})
}

// Work that returns by itself ends the checks, and what it returned stands alone.
func TestHealthyReturnsWhatTheWorkReturned(t *testing.T) {
	bubble(t, func(w *world) {
		done := errors.New("done")
		sick := func(context.Context) error { return errors.New("sick") }
		work := func(context.Context, election.Term) error { time.Sleep(5 * time.Second); return done }
		if err := w.candidate("a", stalling(10*time.Second)).Lead(w.Context(), singleton.Healthy(3*time.Second, sick, work)); err != done {
			w.Errorf("Lead = %v", err)
		}
	})
}

func TestHealthyNeedsAStall(t *testing.T) {
	healthy := func(context.Context) error { return nil }
	for _, p := range []singleton.Policy{{}, {OnReturn: singleton.OnReturnRestart}, {OnReturn: singleton.OnReturnStop}} {
		for stall, says := range map[time.Duration]string{0: "without Config.Stall", 10 * time.Second: "every 10s with a Config.Stall of 10s"} {
			bubble(t, func(w *world) {
				k := w.candidate("a", stalling(stall)).keep(singleton.Healthy(10*time.Second, healthy, obey), p)
				if err := k.returned(); !errors.Is(err, election.ErrConfig) || !strings.Contains(err.Error(), says) || k.at != 0 {
					w.Errorf("stall %v, %+v: Keep = %v after %v", stall, p, err, k.at)
				}
			})
		}
	}
}

func TestHealthyRefusesWhatMakesNoSense(t *testing.T) {
	healthy := func(context.Context) error { return nil }
	for says, call := range map[string]func(){
		"positive":     func() { singleton.Healthy(0, healthy, obey) },
		"did you mean": func() { singleton.Healthy(30, healthy, obey) },
		"a check":      func() { singleton.Healthy(time.Second, nil, obey) },
		"the work":     func() { singleton.Healthy(time.Second, healthy, nil) },
	} {
		func() {
			defer func() {
				if p := fmt.Sprint(recover()); !strings.Contains(p, says) {
					t.Errorf("panic %q, want one that says %q", p, says)
				}
			}()
			call()
		}()
	}
}

// Waiting for the next run is progress, and a run that hangs is none.
func TestEveryReportsProgress(t *testing.T) {
	bubble(t, func(w *world) {
		d, hangs := w.diary(), atomic.Bool{}
		w.candidate("a", stalling(10*time.Second)).keep(singleton.Every(time.Minute, d.of(func(ctx context.Context, _ election.Term) error {
			if hangs.Load() {
				<-ctx.Done()
			}
			return nil
		})), singleton.Policy{})
		time.Sleep(150 * time.Second)
		hangs.Store(true)
		time.Sleep(41 * time.Second)
		if runs := d.read(); len(runs) != 4 || runs[2].term != runs[0].term || runs[3].ended != 190*time.Second {
			w.Errorf("runs %+v, want three, and one that is ended after 10s", runs)
		}
	})
}
