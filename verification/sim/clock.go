package sim

import (
	"slices"
	"sync"
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/clocktest"
	"example.com/incumbent/internal/seam"
	"example.com/incumbent/verification/sim/check"
)

// clock is the time of one process. The process can be held up wherever it looks at it:
// before the reading, or with the reading already in its hands.
type clock struct {
	*clocktest.Clock

	w    *World
	proc int

	mu    sync.Mutex
	fuse  *fuse
	draws map[uint64]uint64
	stale []time.Time // when a reading was held up
}

var _ seam.Clock = (*clock)(nil)

func newClock(w *World, proc int, rate float64) *clock {
	return &clock{Clock: clocktest.Since(w.start, rate), w: w, proc: proc, draws: map[uint64]uint64{}}
}

// Now reads both clocks. It blocks for as long as the process is held up.
func (c *clock) Now() heartbeat.Instant {
	for left := c.Stalled(); left > 0; left = c.Stalled() {
		time.Sleep(c.wakes(left, c.w.callers.hash()))
	}
	reading := c.Read()
	if held := c.burn(); held > 0 {
		c.w.history.Add(c.proc, check.Stalled{For: held, Stale: true})
		time.Sleep(c.wakes(held, c.w.callers.hash()))
	}
	return reading
}

// wakes is when one of the goroutines of a process that was held up goes on:
// they do so in any order.
func (c *clock) wakes(left time.Duration, who uint64) time.Duration {
	jitter := time.Duration(c.draw(who) % uint64(100*time.Microsecond))
	return c.w.slots.after(left+jitter, c.proc, siteOf(who))
}

// burn is for how long this reading is held up.
func (c *clock) burn() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	f, now := c.fuse, time.Now()
	if f == nil || now.Before(f.from) {
		return 0
	}
	who := c.w.callers.hash()
	if who%places != f.place {
		return 0
	}
	// Of several that read the clock at this instant, any may be the first. That all
	// but one of them are passed over makes it matter less.
	if mix(c.w.Seed, who, uint64(now.UnixNano()))%places != 0 {
		return 0
	}
	c.fuse = nil
	c.stale = append(c.stale, now)
	c.Stall(f.burns)
	return f.burns
}

// Timer translates a duration of this clock into one of real time, with an
// instant for its end that no other wait has.
func (c *clock) Timer(d time.Duration) time.Duration {
	return c.w.slots.after(time.Duration(float64(d)/c.Rate)+1, c.proc, siteOf(c.w.callers.hash()))
}

// Float64 is the same in every run: it depends on which function asks, and how
// often it did before, not on who asks first.
func (c *clock) Float64() float64 {
	return fraction(c.draw(c.w.callers.hash()))
}

func (c *clock) draw(who uint64) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.draws[who]++
	return mix(c.w.Seed, uint64(c.proc), who, c.draws[who])
}

// stall holds the process up for d from now.
func (c *clock) stall(d time.Duration) {
	c.Stall(d)
	c.w.history.Add(c.proc, check.Stalled{For: d})
}

// fuse holds a process up right after one of its functions has read the clock,
// before it has made anything of it.
type fuse struct {
	from  time.Time // not before
	place uint64    // which functions
	burns time.Duration
}

// places is how many kinds of functions fuses tell apart.
const places = 6

// light sets a fuse; nil puts it out.
func (c *clock) light(f *fuse) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fuse = f
}

// suspend holds the process up for d, in which the monotonic clock stands still;
// with both the wall clock, too, as when a hypervisor does it.
func (c *clock) suspend(d time.Duration, both bool) {
	c.Suspend(d, both)
	c.w.history.Add(c.proc, check.Suspended{For: d, Both: both})
}

// setWall steps the wall clock.
func (c *clock) setWall(by time.Duration) {
	c.StepWall(by)
	c.w.history.Add(c.proc, check.WallSet{By: by})
}

// age is how old the reading is that a call made since begun may have relied on.
func (c *clock) age(begun time.Time) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.stale, func(t time.Time) bool { return !t.Before(begun) })
	if i < 0 {
		return 0
	}
	return time.Since(c.stale[i])
}
