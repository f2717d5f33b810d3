package chaos

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"example.com/incumbent/verification/sim/check"
)

// A Summary is what came of a run, or of as much of it as there was.
type Summary struct {
	Seed       uint64
	Candidates int
	Lease      string
	Asked      string // how long the run was to be
	Ran        string // how long it was
	RanSeconds float64
	Complete   bool // it ran for as long as it was to
	Rounds     int  // of a storm and a calm
	Redis      string

	Faults    map[string]int // by kind
	Reports   map[string]int // events that candidates were told of, with their reasons
	Processes int            // candidates that were started
	Entries   int            // of the history

	Terms       int // grants
	Takeovers   int // of a leader that was silent
	Handovers   int // of a vacancy
	Quarantines int // that were waited for to the end
	Refused     int // stale writes that the resource refused

	Breaches        map[check.Assumption]int // overlaps that a broken assumption explains
	Violations      []string
	Excused         []string // findings in a calm in which the machine was late
	LongestVacantMS float64  // that nobody led in a calm
	BoundMS         float64  // and what is promised for the worst case
	Stalls          int      // times that a process did not get to run
	LongestStallMS  float64
	OutOfOrder      []string // entries that came too late to be judged in order
	Unseen          int      // writes of a dying server that nothing showed

	Logs  string // where the journals are, if they were kept
	Story string // of the first violation
}

// Failed reports whether something was found.
func (s *Summary) Failed() bool { return len(s.Violations) > 0 }

// remarkable reports whether somebody may want to see the journals.
func (s *Summary) remarkable() bool {
	return s.Failed() || len(s.Excused)+len(s.OutOfOrder) > 0
}

// String is the summary for people.
func (s *Summary) String() string {
	var b strings.Builder
	row := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-22s %s\n", name, fmt.Sprintf(format, args...))
	}
	ran := s.Ran + " of " + s.Asked
	if !s.Complete {
		ran += ", CUT SHORT"
	}
	row("ran", "%s, %d rounds, seed %d, %d candidates, lease %s, %s", ran, s.Rounds, s.Seed, s.Candidates, s.Lease, s.Redis)
	row("faults", "%d: %s", total(s.Faults), counts(s.Faults))
	row("events", "%s", counts(s.Reports))
	row("processes, entries", "%d, %d", s.Processes, s.Entries)
	row("terms", "%d: %d takeovers, %d handovers, %d after a quarantine", s.Terms, s.Takeovers, s.Handovers, s.Quarantines)
	row("stale writes refused", "%d", s.Refused)
	row("overlaps, explained", "%s", counts(s.Breaches))
	row("longest vacancy, calm", "%.0f ms, the bound is %.0f ms", s.LongestVacantMS, s.BoundMS)
	row("stalls", "%d, the longest %.0f ms", s.Stalls, s.LongestStallMS)
	row("out of order, unseen", "%d, %d", len(s.OutOfOrder), s.Unseen)
	for _, e := range s.OutOfOrder {
		row("", "%s", e)
	}
	row("excused", "%d", len(s.Excused))
	for _, e := range s.Excused {
		row("", "%s", e)
	}
	row("VIOLATIONS", "%d", len(s.Violations))
	for _, v := range s.Violations {
		row("", "%s", v)
	}
	if s.Logs != "" {
		row("journals", "%s", s.Logs)
	}
	if s.Story != "" {
		fmt.Fprintf(&b, "\nWhat led to the first:\n%s\n", s.Story)
	}
	return b.String()
}

func total[K ~string](m map[K]int) (sum int) {
	for _, n := range m {
		sum += n
	}
	return sum
}

// counts writes numbers, sorted by name.
func counts[K ~string](m map[K]int) string {
	if len(m) == 0 {
		return "none"
	}
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, fmt.Sprintf("%s %d", k, m[k]))
	}
	return strings.Join(parts, ", ")
}

// Write writes it as JSON, so that the file is complete at every moment.
func (s *Summary) Write(file string) error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(file+".new", append(text, '\n'), 0o644); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
