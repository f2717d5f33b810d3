package fresh

import (
	"time"

	"example.com/incumbent/heartbeat"
)

// held is a value in the memory of a process. It does not change.
type held struct {
	head  head
	value any               // a pointer to what Get returns
	sent  heartbeat.Instant // when the request was sent that showed it
	left  time.Duration     // how long after that it may be returned
	ask   time.Duration     // how long after that it is time to ask for the next one

	jitter float64 // in that, from 0 to 1: it keeps processes from asking all at once
}

// newHeld is what an answer showed. When the server read its clock is not known, but not
// before the request was sent: so the rest of the life counts from there. A value from the
// future, after the clock of Redis was set back, was made now.
func newHeld(h head, value any, a answer, every time.Duration, jitter float64) *held {
	left := longest
	if h.expires != 0 {
		left = max(0, micros(h.expires*1000-a.server-1)) // the server's time is cut to microseconds
	}
	p := h.period(every)
	age := max(0, micros(a.server-h.made*1000))
	return &held{
		head: h, value: value, sent: a.sent, left: left,
		ask: p - age + time.Duration(jitter*float64(p/10)), jitter: jitter,
	}
}

// age is how long ago it was read, by whichever clock says more: a monotonic clock stands
// still in suspend.
func (c *held) age(now heartbeat.Instant) time.Duration { return heartbeat.Elapsed(c.sent, now) }

// alive reports whether it may be returned.
func (c *held) alive(now heartbeat.Instant) bool { return c != nil && c.age(now) < c.left }

// due reports whether it is time to ask for the next one.
func (c *held) due(now heartbeat.Instant) bool { return c.age(now) >= c.ask }

// Pauses between two requests of a process that brought nothing new.
const (
	firstPause   = 50 * time.Millisecond // while there is no value
	longestPause = time.Second
	firstCalm    = time.Second // while there is one
	longestCalm  = time.Minute
)

// pause is how long nobody asks after n answers in a row that brought nothing new.
func pause(c *held, now heartbeat.Instant, every time.Duration, n int) time.Duration {
	switch {
	case n == 0:
		return 0
	case !c.alive(now):
		return doubled(firstPause, longestPause, n)
	}
	p := c.head.period(every)
	calm := doubled(min(firstCalm, p/4), min(longestCalm, p), n)
	return min(calm, max(firstPause, (c.left-c.age(now))/2)) // so that the next one is found before this one expires
}

// doubled is first, doubled with each n above 1, up to most.
func doubled(first, most time.Duration, n int) time.Duration {
	for ; n > 1 && first < most; n-- {
		first *= 2
	}
	return min(first, most)
}
