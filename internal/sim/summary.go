package sim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"example.com/incumbent/internal/sim/check"
)

// A Summary adds up results.
type Summary struct {
	From       uint64 // the first seed
	Seeds      int
	Simulated  time.Duration
	Took       time.Duration
	Terms      int
	Entries    int // of all histories
	Refused    int // stale writes that a fenced resource refused
	Faults     map[string]int
	Breaches   map[check.Assumption]int // overlaps that a broken assumption explains
	Violations map[check.Rule]int       // the seeds in which a rule was the first to be broken
	Failed     []uint64                 // those seeds
}

// NewSummary returns an empty one.
func NewSummary() *Summary {
	return &Summary{Faults: map[string]int{}, Breaches: map[check.Assumption]int{}, Violations: map[check.Rule]int{}}
}

// Add takes in a result.
func (s *Summary) Add(r Result) {
	s.Seeds++
	s.Simulated += r.Simulated
	s.Took += r.Took
	s.Terms += r.Terms
	s.Entries += r.Entries
	s.Refused += r.Refused
	for kind, n := range r.Faults {
		s.Faults[kind] += n
	}
	for a, n := range r.Breaches {
		s.Breaches[a] += n
	}
	if len(r.Violations) > 0 {
		s.Violations[r.Violations[0].Rule]++
		s.Failed = append(s.Failed, r.Seed)
	}
}

// String is the summary for people.
func (s *Summary) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d seeds, %.1f simulated hours in %v (%.2f hours a second), %d events, %d terms\n",
		s.Seeds, s.Simulated.Hours(), s.Took.Round(time.Millisecond), s.Simulated.Hours()/s.Took.Seconds(), s.Entries, s.Terms)
	fmt.Fprintf(&b, "stale writes refused by fences: %d\n", s.Refused)
	fmt.Fprintf(&b, "overlaps explained by a broken assumption: %s\n", list(s.Breaches))
	fmt.Fprintf(&b, "faults: %s\n", list(s.Faults))
	fmt.Fprintf(&b, "violations: %s", list(s.Violations))
	return b.String()
}

// list writes counts, sorted by name.
func list[K ~string](counts map[K]int) string {
	if len(counts) == 0 {
		return "none"
	}
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%s %d", k, counts[k]))
	}
	return strings.Join(parts, ", ")
}
