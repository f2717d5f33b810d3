package sim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"example.com/incumbent/verification/sim/check"
)

// A Summary adds up results.
type Summary struct {
	From       uint64 // the first seed
	Seeds      int
	Simulated  time.Duration
	Took       time.Duration
	Terms      int
	Entries    int // of all histories
	Steps      int `json:",omitempty"` // entries that the model explained, with Run.Model
	Excused    int `json:",omitempty"` // works that it let run on, since an assumption was broken
	Refused    int // stale writes that a fenced resource refused
	Due        int // due times of schedules
	Starts     int // of their runs
	Dropped    int // due times that were missed by policy, or unknown after a loss
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
	s.Steps += r.Followed.Steps
	s.Excused += r.Followed.Excused
	s.Refused += r.Refused
	s.Due += r.Ledger.Due
	s.Starts += r.Ledger.Starts
	s.Dropped += r.Ledger.Missed + r.Ledger.Unknown
	merge(s.Faults, r.Faults)
	merge(s.Breaches, r.Breaches)
	if len(r.Violations) > 0 {
		s.Violations[r.Violations[0].Rule]++
		s.Failed = append(s.Failed, r.Seed)
	}
}

// Merge takes in another summary.
func (s *Summary) Merge(o *Summary) {
	if s.Seeds == 0 || o.From < s.From {
		s.From = o.From
	}
	s.Seeds += o.Seeds
	s.Simulated += o.Simulated
	s.Took += o.Took
	s.Terms += o.Terms
	s.Entries += o.Entries
	s.Steps += o.Steps
	s.Excused += o.Excused
	s.Refused += o.Refused
	s.Due += o.Due
	s.Starts += o.Starts
	s.Dropped += o.Dropped
	merge(s.Faults, o.Faults)
	merge(s.Breaches, o.Breaches)
	merge(s.Violations, o.Violations)
	s.Failed = append(s.Failed, o.Failed...)
}

func merge[K comparable](into, from map[K]int) {
	for k, n := range from {
		into[k] += n
	}
}

// String is the summary for people.
func (s *Summary) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d seeds, %.1f simulated hours in %v (%.2f hours a second), %d events, %d terms\n",
		s.Seeds, s.Simulated.Hours(), s.Took.Round(time.Millisecond), s.Simulated.Hours()/s.Took.Seconds(), s.Entries, s.Terms)
	if s.Steps > 0 {
		fmt.Fprintf(&b, "followed by the model: %d steps, %d works ran on where an assumption was broken, %d seeds refused\n", s.Steps, s.Excused, s.Violations[check.Model])
	}
	fmt.Fprintf(&b, "stale writes refused by fences: %d\n", s.Refused)
	if s.Due > 0 {
		fmt.Fprintf(&b, "schedules: %d due times, %d starts, %d due times dropped\n", s.Due, s.Starts, s.Dropped)
	}
	fmt.Fprintf(&b, "overlaps explained by a broken assumption: %s\n", list(s.Breaches))
	fmt.Fprintf(&b, "faults: %d, %s\n", sum(s.Faults), list(s.Faults))
	fmt.Fprintf(&b, "violations: %s", list(s.Violations))
	return b.String()
}

func sum[K comparable](counts map[K]int) (all int) {
	for _, n := range counts {
		all += n
	}
	return all
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
