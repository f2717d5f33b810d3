package trace

import (
	"slices"
	"time"

	"example.com/incumbent/verification/model"
)

// clock is what a history tells of the two clocks of a process.
type clock struct {
	rate   float64
	shifts []shift
	holds  []span // when the process did not get to run
}

// shift is what was done to the clocks until some instant.
type shift struct{ since, lost, set time.Duration }

type span struct{ from, to time.Duration }

// shift notes that the monotonic clock loses time, or that the wall clock is set.
func (c *clock) shift(at, lost, set time.Duration) {
	s := c.shifted(at)
	c.shifts = append(c.shifts, shift{at, s.lost + lost, s.set + set})
}

func (c *clock) shifted(at time.Duration) shift {
	for _, s := range slices.Backward(c.shifts) {
		if s.since <= at {
			return s
		}
	}
	return shift{}
}

// moment is what the clocks said at an instant.
func (c *clock) moment(at time.Duration) model.Moment {
	t, s := time.Duration(float64(at)*c.rate), c.shifted(at)
	return model.Moment{At: at, Mono: t - s.lost, Wall: t + s.set}
}

// hold notes that the process does not get to run. Spans that overlap count once.
func (c *clock) hold(at, d time.Duration) {
	from := at
	if n := len(c.holds); n > 0 {
		from = max(from, c.holds[n-1].to)
	}
	if to := at + d; to > from {
		c.holds = append(c.holds, span{from, to})
	}
}

// held is for how long the process did not get to run between two instants.
func (c *clock) held(from, to time.Duration) (sum time.Duration) {
	for _, s := range slices.Backward(c.holds) {
		if s.to < from {
			break
		}
		sum += max(0, min(s.to, to)-max(s.from, from))
	}
	return sum
}

// ranUntil is when the process last ran, if it was held up until an instant.
func (c *clock) ranUntil(at time.Duration) time.Duration {
	for _, s := range slices.Backward(c.holds) {
		if s.from < at && s.to >= at-time.Millisecond {
			at = s.from
		}
	}
	return at
}

// waited is for how long an answer may have waited to be taken in, in a process that takes
// d when it is not held up.
func (c *clock) waited(at, d time.Duration) time.Duration {
	for _, s := range slices.Backward(c.holds) {
		if s.to < at-d {
			break
		}
		d += s.to - s.from
	}
	return d
}
