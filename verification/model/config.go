package model

import (
	"fmt"
	"strings"
)

// Config bounds a model. Everything within the bounds is explored.
type Config struct {
	Name      string
	Processes int // at most 3
	Terms     int // grants, at most 5
	Beats     int // beats a term, at most 5
	Flushes   int // losses of all memory, at most 3, like the following
	Crashes   int // processes that die with something in hand, and come back knowing nothing
	Quits     int // candidates that no longer want what they have asked for
	Asks      int // requests to step down that reach the server
	Pauses    int // writes that pause an election, change its pause or end it, at most 3
	Pushes    int // published records that may be under way at once, at most 2
	// Former lets a process release what it sees of its own former term.
	Former bool
	// Reverts is how often the server goes back to an earlier record, at most 3; see
	// the package's comment for which.
	Reverts int
	// Slow lets an answer to a candidate or a leader take any time, while others
	// overtake it. Without it an answer arrives when the server gives it, or never.
	Slow bool
	// Fenced adds the resource that refuses lower terms, and late writes to it.
	Fenced bool
	// Heals is how many states share one search for a ghost: 1 searches from every
	// state, 64 from every 64th, 0 from none.
	Heals uint64
	// Leases are the processes' own leases; nil: all have the same, and are
	// interchangeable.
	Leases []Lease
	// Dead keeps packets, and Stale keeps what processes watch, even if it cannot
	// matter any more: to check that it does not.
	Dead, Stale bool
}

// String lists the bounds that are not zero.
func (c Config) String() string {
	parts := []string{fmt.Sprintf("%d processes", c.Processes), count(c.Terms, "term"), count(c.Beats, "beat")}
	for _, b := range []struct {
		n    int
		what string
	}{
		{c.Flushes, "loss"},
		{c.Crashes, "crash"},
		{c.Quits, "quit"},
		{c.Asks, "step-down"},
		{c.Pauses, "pause"},
		{c.Pushes, "push"},
		{c.Reverts, "going back"},
	} {
		if b.n > 0 {
			parts = append(parts, count(b.n, b.what))
		}
	}
	for _, b := range []struct {
		on   bool
		what string
	}{
		{c.Slow, "late answers"},
		{c.Former, "former records"},
		{c.Leases != nil, "two leases"},
		{c.Fenced, "a fenced resource"},
		{c.Heals > 0, "search for ghosts"},
		{c.Dead, "dead packets kept"},
		{c.Stale, "stale sights kept"},
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
	case what == "going back":
		return fmt.Sprintf("%d times going back", n)
	case strings.HasSuffix(what, "s"), strings.HasSuffix(what, "sh"):
		return fmt.Sprintf("%d %ses", n, what)
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Small returns the configurations of the tests: each rule with the faults it is
// for, together some 20 seconds.
func Small() []Config {
	mixed := []Lease{Long, Short}
	return []Config{
		{Name: "network", Processes: 2, Terms: 3, Beats: 2, Crashes: 1, Quits: 1, Asks: 1, Heals: 64},
		{Name: "late answers", Processes: 2, Terms: 2, Beats: 1, Crashes: 1, Asks: 1, Slow: true},
		{Name: "memory", Processes: 2, Terms: 3, Beats: 1, Flushes: 2, Crashes: 1, Heals: 64},
		{Name: "settling", Processes: 2, Terms: 2, Beats: 1, Flushes: 1, Crashes: 1, Quits: 1, Asks: 1},
		{Name: "three", Processes: 3, Terms: 2, Beats: 1, Flushes: 1},
		{Name: "pushes", Processes: 2, Terms: 2, Beats: 1, Asks: 1, Pushes: 1},
		{Name: "pushes and memory", Processes: 2, Terms: 2, Beats: 1, Flushes: 1, Pushes: 1},
		{Name: "leases", Processes: 2, Terms: 2, Beats: 1, Flushes: 1, Crashes: 1, Asks: 1, Leases: mixed},
		{Name: "fence", Processes: 2, Terms: 3, Beats: 0, Flushes: 1, Crashes: 1, Fenced: true},
		{Name: "healing", Processes: 2, Terms: 2, Beats: 1, Flushes: 1, Crashes: 1, Asks: 1, Heals: 1},
		{Name: "former records", Processes: 2, Terms: 2, Beats: 1, Flushes: 1, Crashes: 1, Asks: 1, Former: true, Heals: 64},
		{Name: "former records, quits", Processes: 2, Terms: 2, Beats: 1, Quits: 1, Asks: 1, Former: true, Heals: 64},
		{Name: "former records, pushes", Processes: 2, Terms: 2, Beats: 1, Pushes: 1, Former: true},
		{Name: "going back", Processes: 2, Terms: 3, Beats: 1, Crashes: 1, Former: true, Reverts: 1},
		{Name: "pauses", Processes: 2, Terms: 2, Beats: 0, Asks: 1, Pauses: 2},
		{Name: "pauses, settling", Processes: 2, Terms: 2, Beats: 0, Crashes: 1, Quits: 1, Pauses: 1, Heals: 64},
		{Name: "dead", Processes: 2, Terms: 1, Beats: 1, Flushes: 1, Dead: true},
		{Name: "stale", Processes: 2, Terms: 2, Beats: 1, Flushes: 1, Asks: 1, Stale: true},
	}
}

// Tiny returns configurations of the same kinds that take a second together.
func Tiny() []Config {
	return []Config{
		{Name: "network", Processes: 2, Terms: 2, Beats: 1, Crashes: 1, Asks: 1, Heals: 8},
		{Name: "late answers", Processes: 2, Terms: 2, Beats: 1, Slow: true},
		{Name: "memory", Processes: 2, Terms: 2, Beats: 1, Flushes: 1, Heals: 8},
		{Name: "three", Processes: 3, Terms: 2, Beats: 0},
		{Name: "pushes", Processes: 2, Terms: 2, Beats: 1, Pushes: 1},
		{Name: "fence", Processes: 2, Terms: 2, Beats: 0, Flushes: 1, Fenced: true},
		{Name: "former records", Processes: 2, Terms: 2, Beats: 0, Crashes: 1, Former: true, Heals: 8},
		{Name: "going back", Processes: 2, Terms: 3, Beats: 0, Former: true, Reverts: 1},
		{Name: "pauses", Processes: 2, Terms: 2, Beats: 0, Pauses: 1, Heals: 8},
	}
}

// Large returns configurations that take minutes each, and up to 2 GB.
func Large() []Config {
	return []Config{
		{Name: "everything", Processes: 2, Terms: 3, Beats: 2, Flushes: 2, Crashes: 2, Quits: 1, Asks: 1},
		{Name: "late answers", Processes: 2, Terms: 3, Beats: 2, Flushes: 1, Crashes: 1, Asks: 1, Slow: true},
		{Name: "three", Processes: 3, Terms: 2, Beats: 1, Flushes: 1, Crashes: 1, Quits: 1, Asks: 1},
		{Name: "pushes", Processes: 2, Terms: 2, Beats: 1, Flushes: 1, Pushes: 2},
		{Name: "pushes and settling", Processes: 2, Terms: 2, Beats: 1, Flushes: 1, Crashes: 1, Quits: 1, Asks: 1, Pushes: 1},
		{Name: "leases", Processes: 3, Terms: 2, Beats: 1, Flushes: 1, Asks: 1, Leases: []Lease{Long, Short, Short}},
		{Name: "former records", Processes: 2, Terms: 3, Beats: 2, Flushes: 1, Crashes: 1, Quits: 1, Asks: 1, Former: true},
		{Name: "former records, late answers", Processes: 2, Terms: 3, Beats: 1, Crashes: 1, Slow: true, Former: true},
		{Name: "former records, three", Processes: 3, Terms: 2, Beats: 1, Flushes: 1, Former: true},
		{Name: "going back", Processes: 2, Terms: 3, Beats: 1, Flushes: 1, Crashes: 1, Former: true, Reverts: 2},
		{Name: "pauses", Processes: 2, Terms: 2, Beats: 1, Quits: 1, Asks: 1, Pauses: 2},
		{Name: "pauses, three terms", Processes: 2, Terms: 3, Beats: 0, Pauses: 2},
		{Name: "pauses and pushes", Processes: 2, Terms: 2, Beats: 0, Pushes: 1, Pauses: 2},
		{Name: "pauses and memory", Processes: 2, Terms: 2, Beats: 0, Flushes: 1, Crashes: 1, Asks: 1, Pauses: 2},
		{Name: "going back, three", Processes: 3, Terms: 3, Beats: 0, Former: true, Reverts: 1},
	}
}
