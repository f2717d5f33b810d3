package second

import "time"

const (
	drift     = 0.05             // by which a clock may be wrong
	tolerance = time.Microsecond // what rounding may do to a duration
)

// clock is what happened to the clocks of one process.
type clock struct {
	rate  float64
	holds []hold
	steps []step // of the wall clock
}

// hold is a time in which a process did not run. Its monotonic clock may have stood
// still meanwhile, and its wall clock, too.
type hold struct {
	from, to    time.Duration
	stops, both bool
}

type step struct{ at, by time.Duration }

func (h hold) within(from, to time.Duration) time.Duration {
	return max(min(h.to, to)-max(h.from, from), 0)
}

// mono is how much passed by the monotonic clock.
func (c *clock) mono(from, to time.Duration) time.Duration {
	d := to - from
	for _, h := range c.holds {
		if h.stops {
			d -= h.within(from, to)
		}
	}
	return time.Duration(float64(d) * c.rate)
}

// wall is how much passed by the wall clock.
func (c *clock) wall(from, to time.Duration) time.Duration {
	d, set := to-from, time.Duration(0)
	for _, h := range c.holds {
		if h.both {
			d -= h.within(from, to)
		}
	}
	for _, s := range c.steps {
		if s.at >= from && s.at < to {
			set += s.by
		}
	}
	return time.Duration(float64(d)*c.rate) + set
}

// elapsed is how much passed for a leader: it believes the clock that says more.
func (c *clock) elapsed(from, to time.Duration) time.Duration {
	return max(c.mono(from, to), c.wall(from, to))
}

// real is how long the clock takes to measure d.
func (c *clock) real(d time.Duration) time.Duration { return time.Duration(float64(d) / c.rate) }

// awake is the first instant from t on at which the process can read its clock.
func (c *clock) awake(t time.Duration) time.Duration {
	for _, h := range c.holds {
		if h.from <= t && t < h.to {
			t = h.to
		}
	}
	return t
}

// held is for how long work was kept from ending. A stall does so only once its trust
// has expired; a clock that stands still puts that off, too.
func (c *clock) held(anchor, expiry, until time.Duration) (d time.Duration) {
	for _, h := range c.holds {
		from := expiry
		if h.stops {
			from = anchor
		}
		d += h.within(from, until)
	}
	return d
}

// isTrue reports whether the clock runs as the protocol assumes.
func (c *clock) isTrue() bool {
	return c.rate >= 1-drift-1e-9 && c.rate <= 1+drift+1e-9
}
