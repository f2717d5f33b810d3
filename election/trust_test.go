package election

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/clocktest"
)

// trustOf is how long a leader with the tests' lease trusts itself.
var trustOf = heartbeat.ForLease(15 * time.Second).Trust

// trusting calls f with a trust that begins now, in a bubble.
func trusting(t *testing.T, f func(t *testing.T, tr *trust, clock *clocktest.Clock)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		clock := clocktest.New(1)
		f(t, newTrust(t.Context(), "e", 7, clock, heartbeat.NewPulse(heartbeat.ForLease(15*time.Second), clock.Now(), 0)), clock)
	})
}

// endOf waits for the end of a term and returns when that was, and why.
func endOf(tr *trust, clock *clocktest.Clock) (at time.Duration, cause error) {
	<-tr.ctx.Done()
	return clock.Now().Mono, context.Cause(tr.ctx)
}

// Nobody asks, and trust ends to the nanosecond: it counts from the first send of the last
// confirmed beat, however late that was confirmed.
func TestTrustEndsByItself(t *testing.T) {
	trusting(t, func(t *testing.T, tr *trust, clock *clocktest.Clock) {
		tr.watch()
		defer tr.stop()
		time.Sleep(2 * time.Second)
		sent := clock.Now()
		time.Sleep(5 * time.Second)
		tr.pulse.Confirm(sent, clock.Now(), 0)
		if got := tr.left(); got != trustOf-5*time.Second {
			t.Errorf("%v left, want %v", got, trustOf-5*time.Second)
		}
		at, cause := endOf(tr, clock)
		if at != 2*time.Second+trustOf || !errors.Is(cause, ErrExpired) || tr.reason(cause) != ReasonExpired {
			t.Errorf("ended after %v with %v, want %v", at, cause, 2*time.Second+trustOf)
		}
		if want := `incumbent: no beat confirmed within the trust (election "e", term 7)`; cause.Error() != want {
			t.Errorf("cause %q, want %q", cause, want)
		}
	})
}

// On a slow clock trust lasts longer, on a fast one shorter: it is the process's own.
func TestTrustIsTimedByItsOwnClock(t *testing.T) {
	for _, rate := range []float64{0.5, 1, 2} {
		trusting(t, func(t *testing.T, tr *trust, clock *clocktest.Clock) {
			clock.Rate = rate
			began := time.Now()
			tr.watch()
			defer tr.stop()
			<-tr.ctx.Done()
			if took, want := time.Since(began), time.Duration(float64(trustOf)/rate); took < want || took > want+time.Microsecond {
				t.Errorf("rate %v: ended after %v, want %v", rate, took, want)
			}
		})
	}
}

// Whichever clock says that more time has passed is believed, by whichever goroutine
// looks first.
func TestTrustEndsByEitherClock(t *testing.T) {
	for name, pass := range map[string]func(*clocktest.Clock){
		"monotonic": func(c *clocktest.Clock) { c.Stall(trustOf) },
		"wall":      func(c *clocktest.Clock) { c.StepWall(trustOf) },
	} {
		trusting(t, func(t *testing.T, tr *trust, clock *clocktest.Clock) {
			tr.expire()
			if tr.ctx.Err() != nil || tr.left() != trustOf {
				t.Errorf("%s: over at the beginning, %v left", name, tr.left())
			}
			clock.StepWall(-time.Minute)
			if tr.left() != trustOf {
				t.Errorf("%s: a wall clock that is set back changes what is left to %v", name, tr.left())
			}
			clock.StepWall(time.Minute) // back to where it was
			pass(clock)
			var asking sync.WaitGroup
			for range 8 {
				asking.Go(tr.expire)
			}
			asking.Wait()
			if cause := context.Cause(tr.ctx); tr.reason(cause) != ReasonExpired {
				t.Errorf("%s: cause %v when trust is over", name, cause)
			}
		})
	}
}

// What has ended a term first is its cause, and only its own causes are the term's.
func TestTheFirstEndOfATermIsItsCause(t *testing.T) {
	trusting(t, func(t *testing.T, tr *trust, clock *clocktest.Clock) {
		tr.watch()
		tr.end(ErrStepDown)
		time.Sleep(time.Minute)
		tr.expire()
		tr.end(ErrLost)
		cause := context.Cause(tr.ctx)
		if tr.reason(cause) != ReasonStepDown {
			t.Errorf("cause %v, want the first", cause)
		}
		tr.stop()
		for _, foreign := range []error{ErrStepDown, context.Canceled, &endError{&trust{}, ErrLost}} {
			if got := tr.reason(foreign); got != ReasonCaller {
				t.Errorf("%v counts as %v, want the caller's", foreign, got)
			}
		}
	})
}

// A look that is under way while the timer is stopped does not arm it again, and stop
// waits for it: nothing of a term is left when Lead returns.
func TestAStoppedTrustIsNotArmedAgain(t *testing.T) {
	trusting(t, func(t *testing.T, tr *trust, clock *clocktest.Clock) {
		tr.watch()
		time.Sleep(time.Second)
		tr.pulse.Confirm(clock.Now(), clock.Now(), 0) // so that the look would arm it again
		time.Sleep(trustOf - time.Second - time.Millisecond)
		clock.Stall(time.Minute)
		time.Sleep(time.Second) // the timer has fired, and its look stands still
		began := time.Now()
		tr.stop()
		if waited := time.Since(began); waited != time.Minute-time.Second {
			t.Errorf("stopped after %v, want when the look has ended", waited)
		}
		tr.watch() // by whoever was about to
		time.Sleep(time.Hour)
		if cause := context.Cause(tr.ctx); tr.reason(cause) != ReasonExpired {
			t.Errorf("cause %v", cause)
		}
	})
}

// Without a look that is under way stop does not wait, and trust ends by nothing but a
// question.
func TestNothingIsLeftOfAStoppedTrust(t *testing.T) {
	trusting(t, func(t *testing.T, tr *trust, _ *clocktest.Clock) {
		tr.watch()
		tr.stop()
		tr.stop()
		tr.watch()
		time.Sleep(time.Hour)
		if err := tr.ctx.Err(); err != nil {
			t.Errorf("a stopped timer has ended the term: %v", err)
		}
		tr.expire()
		if tr.ctx.Err() == nil {
			t.Error("whoever asks finds trust an hour after its last beat")
		}
		tr.stop()
	})
}

// After a step-down the timer goes on: it ends leadership, and with it the drain, though
// nobody asks, as late as the beats that are still confirmed say.
func TestTrustEndsInADrainByItself(t *testing.T) {
	trusting(t, func(t *testing.T, tr *trust, clock *clocktest.Clock) {
		tr.watch()
		defer tr.stop()
		tr.end(ErrStepDown)
		time.Sleep(5 * time.Second)
		tr.pulse.Confirm(clock.Now(), clock.Now(), 0)
		<-tr.kept.Done()
		if at := clock.Now().Mono; at != 5*time.Second+trustOf || tr.reason(context.Cause(tr.kept)) != ReasonExpired {
			t.Errorf("leadership ended after %v with %v, want %v", at, context.Cause(tr.kept), 5*time.Second+trustOf)
		}
		if tr.reason(context.Cause(tr.ctx)) != ReasonStepDown {
			t.Errorf("the cause of the work's end became %v", context.Cause(tr.ctx))
		}
	})
}

// slowReader is a clock on which a process stands still while it reads: something happens
// meanwhile.
type slowReader struct {
	*clocktest.Clock

	meanwhile func()
}

func (c *slowReader) Now() heartbeat.Instant {
	c.meanwhile()
	return c.Clock.Now()
}

// Work that returns while Check reads the clock does not run any more.
func TestCheckBesideWorkThatReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := &slowReader{clocktest.New(1), func() {}}
		pulse := heartbeat.NewPulse(heartbeat.ForLease(15*time.Second), clock.Now(), 0)
		tr := newTrust(t.Context(), "e", 7, clock, pulse)
		e := &Elector{candidacy: &candidacy{}}
		e.leadership.Store(&leadership{trust: tr, ctx: &workContext{Context: tr.ctx, trust: tr, caller: t.Context()}})
		time.Sleep(time.Hour)
		if err := e.Check(); err == nil {
			t.Error("work runs an hour after its last beat, and Check finds nothing")
		}
		clock.meanwhile = func() { e.leadership.Store(nil) }
		if err := e.Check(); err != nil {
			t.Errorf("the work has returned meanwhile: %v", err)
		}
		tr.stop()
	})
}
