package space

import (
	"fmt"
	"strings"
)

// Config bounds a model. Everything within the bounds is explored.
type Config struct {
	Name      string
	Processes int     // at most 3
	Sessions  int     // that a process may have, one after another, at most 2
	Calls     int     // of a session, one after another, at most 3
	Beats     int     // of a session, at most 2
	Seats     int     // 1 or 2
	Flushes   int     // losses of the hash
	Crashes   int     // processes that die with a session
	Slow      bool    // answers may take any time
	Leases    []Lease // the processes' own; nil: all have the same, and are interchangeable
	Open      bool    // begin with an open space
	// Heals is how many states share one search for a lock that is stuck: 1 searches from
	// every state, 64 from every 64th, 0 from none.
	Heals uint64
	// Ghosts goes on where no process can work any more: only what was sent is executed.
	Ghosts bool
}

// String lists the bounds that are not zero.
func (c Config) String() string {
	parts := []string{
		fmt.Sprintf("%d processes", c.Processes), count(c.Seats, "seat"), count(c.Sessions, "session"), count(c.Calls, "call"), count(c.Beats, "beat"),
	}
	for _, b := range []struct {
		n    int
		what string
	}{{c.Flushes, "loss"}, {c.Crashes, "crash"}} {
		if b.n > 0 {
			parts = append(parts, count(b.n, b.what))
		}
	}
	for _, b := range []struct {
		on   bool
		what string
	}{
		{c.Slow, "late answers"}, {c.Leases != nil, "two leases"}, {c.Open, "from an open space"}, {c.Heals > 0, "search for stuck locks"}, {c.Ghosts, "ghosts to the end"},
	} {
		if b.on {
			parts = append(parts, b.what)
		}
	}
	return strings.Join(parts, ", ")
}

// count writes a number of things.
func count(n int, what string) string {
	switch {
	case n == 1:
		return "1 " + what
	case strings.HasSuffix(what, "s"), strings.HasSuffix(what, "sh"):
		return fmt.Sprintf("%d %ses", n, what)
	}
	return fmt.Sprintf("%d %ss", n, what)
}
