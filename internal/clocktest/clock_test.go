package clocktest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/internal/clocktest"
)

func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, rate := range []float64{0.95, 1, 1.05} {
			c := clocktest.New(rate)
			before := c.Now()
			time.Sleep(c.Timer(time.Minute))
			now := c.Now()
			if passed := now.Mono - before.Mono; passed < time.Minute || passed > time.Minute+10 {
				t.Errorf("rate %v: a timer of a minute took %v", rate, passed)
			}
			if now.Mono-before.Mono != now.Wall-before.Wall {
				t.Errorf("rate %v: the clocks do not go together: %v, then %v", rate, before, now)
			}
		}
	})
}

func TestStalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := clocktest.New(1)
		begun := time.Now()
		c.Stall(time.Minute)
		c.Stall(time.Second) // ends within the first one
		if c.Read().Mono != 0 || c.Stalled() != time.Minute || !c.StalledSince(begun) {
			t.Errorf("Read = %v, stalled for %v", c.Read(), c.Stalled())
		}
		if now := c.Now(); now.Mono != time.Minute || time.Since(begun) != time.Minute {
			t.Errorf("the clock shows %v after %v, want that of a minute", now.Mono, time.Since(begun))
		}
		if c.Stalled() > 0 || c.StalledSince(time.Now()) {
			t.Errorf("it is stalled for another %v", c.Stalled())
		}
	})
}

func TestSuspends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for both, want := range map[bool]time.Duration{true: 0, false: time.Minute} {
			c := clocktest.New(1)
			before := c.Now()
			c.Suspend(time.Minute, both)
			now := c.Now()
			if now.Mono != before.Mono || now.Wall-before.Wall != want {
				t.Errorf("both %t: %v by the monotonic clock, %v by the wall clock", both, now.Mono-before.Mono, now.Wall-before.Wall)
			}
		}
	})
}

func TestWallClockSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := clocktest.New(1)
		before := c.Now()
		c.StepWall(time.Hour)
		c.StepWall(-time.Minute)
		if now := c.Now(); now.Wall-before.Wall != 59*time.Minute || now.Mono != before.Mono || c.Ahead() != 59*time.Minute {
			t.Errorf("%v, then %v", before, now)
		}
	})
}

func TestChance(t *testing.T) {
	c, twin := clocktest.New(1), clocktest.New(1)
	if c.Float64() != 0.5 {
		t.Error("chance is not even")
	}
	c.Seed(7)
	twin.Seed(7)
	if a, b := c.Float64(), twin.Float64(); a != b || a < 0 || a >= 1 {
		t.Errorf("one seed, and %v, %v", a, b)
	}
}
