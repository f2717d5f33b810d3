package electiontest

import (
	"math/rand/v2"
	"time"

	"example.com/incumbent/internal/clocktest"
)

// newClock returns a client's clock: its wall clock can be set forward, and it has pauses.
func newClock() *clocktest.Clock {
	c := clocktest.New(1)
	c.Chance = rand.Float64
	return c
}

// expire sets a wall clock forward so that a little more time has passed since
// the last beat than trust lasts.
func expire(c *clocktest.Clock, trust time.Duration, lastBeat func() time.Time) {
	expireAfter(c, trust, 0, lastBeat)
}

// expireAfter is expire for when at least some time has really passed since the last
// beat. Beats that are confirmed meanwhile count, too; those that are confirmed later
// don't.
func expireAfter(c *clocktest.Clock, trust, atLeast time.Duration, lastBeat func() time.Time) {
	before := c.Ahead()
	for last := lastBeat(); ; last = lastBeat() {
		ahead := before + max(0, trust+time.Millisecond-max(atLeast, time.Since(last)))
		c.StepWall(ahead - c.Ahead())
		if lastBeat().Equal(last) {
			return
		}
	}
}
