// Package clocktest is the time of one process in tests and simulations: a clock with a rate
// of its own, a wall clock that can be set, and stalls.
package clocktest

import (
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/seam"
)

// A Clock counts by the time of the bubble in which it is used, or by the real one. Make it
// with [New] or [Since]. Its methods may be called from any goroutine; the fields
// belong to whoever made it, before it is used.
type Clock struct {
	// Rate is how fast it runs: 1 as package time does.
	Rate float64
	// Chance is what Float64 returns. Nil is always 0.5.
	Chance func() float64

	start time.Time

	mu    sync.Mutex
	lost  time.Duration // by the monotonic clock, while it stood still
	ahead time.Duration // added to the wall clock
	until time.Time     // stalled until then
}

var _ seam.Clock = (*Clock)(nil)

// New returns a clock that runs at that rate.
func New(rate float64) *Clock { return Since(time.Now(), rate) }

// Since returns a clock that has run at that rate since then.
func Since(start time.Time, rate float64) *Clock { return &Clock{Rate: rate, start: start} }

// Start returns when the clock began to count.
func (c *Clock) Start() time.Time { return c.start }

// Now reads both clocks. It blocks while the process is stalled: that stands still wherever
// it looks at the clock.
func (c *Clock) Now() heartbeat.Instant {
	for left := c.Stalled(); left > 0; left = c.Stalled() {
		time.Sleep(left)
	}
	return c.Read()
}

// Read reads both clocks, also while the process is stalled.
func (c *Clock) Read() heartbeat.Instant {
	c.mu.Lock()
	defer c.mu.Unlock()
	passed := c.scaled(time.Since(c.start))
	return heartbeat.Instant{Mono: passed - c.lost, Wall: time.Duration(c.start.UnixNano()) + passed + c.ahead}
}

// scaled is a duration of package time by this clock.
func (c *Clock) scaled(d time.Duration) time.Duration {
	if c.Rate == 1 {
		return d
	}
	return time.Duration(float64(d) * c.Rate)
}

// Timer translates a duration of this clock into one of package time. It rounds up: a timer
// that fires too early by a nanosecond is set anew for ever if that is rounded to nothing.
func (c *Clock) Timer(d time.Duration) time.Duration {
	if c.Rate == 1 {
		return d
	}
	return time.Duration(math.Ceil(float64(d)/c.Rate)) + 1
}

// Float64 returns the next number of Chance.
func (c *Clock) Float64() float64 {
	if c.Chance == nil {
		return 0.5
	}
	return c.Chance()
}

// Seed makes Chance random, and the same in every run.
func (c *Clock) Seed(seed uint64) {
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(seed, 1))
	c.Chance = func() float64 {
		mu.Lock()
		defer mu.Unlock()
		return random.Float64()
	}
}

// Stall stops the process for d from now, or for as long as it is stalled already.
func (c *Clock) Stall(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stallLocked(d)
}

func (c *Clock) stallLocked(d time.Duration) {
	c.until = time.Now().Add(max(d, time.Until(c.until)))
}

// Suspend stalls the process for d, in which its monotonic clock stands still. With both the
// wall clock does, too, as when a hypervisor suspends a machine.
func (c *Clock) Suspend(d time.Duration, both bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stallLocked(d)
	passed := c.scaled(d)
	c.lost += passed
	if both {
		c.ahead -= passed
	}
}

// Stalled returns for how much longer the process is stalled. It is not positive if it is not.
func (c *Clock) Stalled() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Until(c.until)
}

// StalledSince reports whether the process stood still at any time since t.
func (c *Clock) StalledSince(t time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.until.After(t)
}

// StepWall steps the wall clock.
func (c *Clock) StepWall(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += by
}

// Ahead returns by how much the wall clock was stepped so far.
func (c *Clock) Ahead() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ahead
}
