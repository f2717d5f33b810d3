package election

import (
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"example.com/incumbent/heartbeat"
)

// testClock is the bubble's clock with a rate, a wall clock that can be set, and
// stalls.
type testClock struct {
	start  time.Time
	rate   float64
	chance func() float64 // nil: always 0.5

	mu    sync.Mutex
	wall  time.Duration // added to the wall clock
	until time.Time     // stalled until then
}

func newTestClock() *testClock { return &testClock{start: time.Now(), rate: 1} }

// Now stands still while the process is stalled: it does so wherever it looks at
// the clock.
func (c *testClock) Now() heartbeat.Instant {
	for {
		c.mu.Lock()
		until, wall := c.until, c.wall
		c.mu.Unlock()
		if left := time.Until(until); left > 0 {
			time.Sleep(left)
			continue
		}
		mono := time.Duration(float64(time.Since(c.start)) * c.rate)
		return heartbeat.Instant{Mono: mono, Wall: time.Duration(c.start.UnixNano()) + mono + wall}
	}
}

// Timer rounds up: a timer that fires too early by a nanosecond is set anew for
// ever if that is rounded to nothing.
func (c *testClock) Timer(d time.Duration) time.Duration {
	if c.rate == 1 {
		return d
	}
	return time.Duration(math.Ceil(float64(d)/c.rate)) + 1
}

func (c *testClock) Float64() float64 {
	if c.chance == nil {
		return 0.5
	}
	return c.chance()
}

// seed makes chance random, and the same in every run.
func (c *testClock) seed(seed uint64) {
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(seed, 1))
	c.chance = func() float64 {
		mu.Lock()
		defer mu.Unlock()
		return random.Float64()
	}
}

// stall stops the process for d.
func (c *testClock) stall(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until = time.Now().Add(d)
}

// setWall steps the wall clock by d.
func (c *testClock) setWall(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wall += d
}
