package electiontest

import (
	"sync"
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/seam"
)

// clock is the machine's clock, or the bubble's, with a wall clock that can be
// set forward, and pauses.
type clock struct {
	*seam.System

	mu     sync.Mutex
	ahead  time.Duration // of the wall clock
	until  time.Time     // paused until then
	paused time.Time     // when the last pause began
}

var _ seam.Clock = (*clock)(nil)

func newClock() *clock { return &clock{System: seam.NewSystem()} }

// Now stands still while the process is paused.
func (c *clock) Now() heartbeat.Instant {
	for {
		ahead, pause := c.state()
		if pause <= 0 {
			now := c.System.Now()
			now.Wall += ahead
			return now
		}
		time.Sleep(pause)
	}
}

func (c *clock) state() (ahead, pause time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ahead, time.Until(c.until)
}

func (c *clock) pause(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.paused, c.until = time.Now(), time.Now().Add(d)
}

// pausedSince reports whether the process stood still at any time since then.
func (c *clock) pausedSince(t time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.until.After(t)
}

// setAhead puts the wall clock ahead of the machine's.
func (c *clock) setAhead(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead = d
}

// expire sets the wall clock forward so that a little more time has passed since
// the last beat than trust lasts. Beats that are confirmed meanwhile count, too;
// those that are confirmed later don't.
func (c *clock) expire(trust time.Duration, lastBeat func() time.Time) {
	before, _ := c.state()
	for last := lastBeat(); ; last = lastBeat() {
		c.setAhead(before + max(0, trust+time.Millisecond-time.Since(last)))
		if lastBeat().Equal(last) {
			return
		}
	}
}
