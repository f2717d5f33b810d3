package account

import (
	"slices"
	"sync"
	"time"
)

// Step is how far apart the instants are at which the scan looks at the clock of a zone. All
// calendars here fire at multiples of it, and all zones change their offsets at such.
const Step = 5 * time.Minute

// Times are due times.
type Times interface {
	// Between returns those in (after, until], in milliseconds.
	Between(after, until int64) []int64
}

// Every are the multiples of some milliseconds.
type Every int64

// Between returns those in (after, until].
func (e Every) Between(after, until int64) []int64 {
	var all []int64
	for at := after - after%int64(e) + int64(e); at <= until; at += int64(e) {
		all = append(all, at)
	}
	return all
}

// A Calendar is a set of due times. It is safe for concurrent use.
type Calendar struct {
	Name string
	Zone *time.Location
	// Fixed are calendars with fixed hours: a time that the clock skips is due once, when it
	// is set forward, and one that it shows twice is due the first time only.
	Fixed bool
	// Matches says whether a time of the wall clock is due, written as if it were UTC.
	Matches func(wall time.Time) bool

	mu    sync.Mutex
	years map[int][]int64
}

// Between returns the due times in (after, until], in milliseconds.
func (c *Calendar) Between(after, until int64) []int64 {
	var all []int64
	for y := time.UnixMilli(after).UTC().Year(); y <= time.UnixMilli(until).UTC().Year(); y++ {
		year := c.year(y)
		from, _ := slices.BinarySearch(year, after+1)
		to, _ := slices.BinarySearch(year, until+1)
		all = append(all, year[from:max(from, to)]...)
	}
	return all
}

// Has reports whether an instant is a due time.
func (c *Calendar) Has(at int64) bool { return len(c.Between(at-1, at)) == 1 }

// year looks at every step of a year, once.
func (c *Calendar) year(y int) []int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if all, known := c.years[y]; known {
		return all
	}
	begin := time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC)
	var all []int64
	shown := c.wall(begin.Add(-Step))
	for at := begin; at.Year() == y; at = at.Add(Step) {
		wall := c.wall(at)
		if c.due(shown, wall) {
			all = append(all, at.UnixMilli())
		}
		if wall.After(shown) {
			shown = wall
		}
	}
	if c.years == nil {
		c.years = map[int][]int64{}
	}
	c.years[y] = all
	return all
}

// due says whether something is due when the clock shows wall, and has shown all up to shown.
func (c *Calendar) due(shown, wall time.Time) bool {
	if !c.Fixed {
		return c.Matches(wall)
	}
	for w := shown.Add(Step); !w.After(wall); w = w.Add(Step) {
		if c.Matches(w) {
			return true
		}
	}
	return false
}

func (c *Calendar) wall(at time.Time) time.Time {
	_, offset := at.In(c.Zone).Zone()
	return at.Add(time.Duration(offset) * time.Second)
}
