package demotest

import (
	"slices"
	"testing"
	"time"

	"example.com/incumbent/heartbeat"
)

// A story is what the events of one process told so far.
type story struct {
	tb      testing.TB
	started map[string]bool
	stopped map[string]bool
	leader  string // of the open term; empty if none is open
	term    int64  // the latest
	seq     int    // in it
}

// CheckStory fails the test unless the events of a process, from its first to
// its last line, are possible: each candidate starts first and stops last, one
// of them leads at a time, in rising terms, and all that belongs to a term is
// told between its begin and its end.
func CheckStory(tb testing.TB, events []Event) {
	tb.Helper()
	s := &story{tb: tb, started: map[string]bool{}, stopped: map[string]bool{}}
	for i, e := range events {
		if complaint := s.next(e); complaint != "" {
			tb.Errorf("line %d: %s: %+v", i+1, complaint, e)
		}
	}
	if s.leader != "" {
		tb.Errorf("term %d of %s never ended", s.term, s.leader)
	}
	if len(s.started) == 0 || len(s.started) != len(s.stopped) {
		tb.Errorf("%d candidates started, %d stopped", len(s.started), len(s.stopped))
	}
}

// next takes in an event and says what is wrong with it.
func (s *story) next(e Event) string {
	known, gone := s.started[e.Candidate], s.stopped[e.Candidate]
	switch {
	case gone:
		return "an event of a candidate that has stopped"
	case known == (e.Event == "started"):
		return "a candidate starts once, and first"
	}
	switch e.Event {
	case "started":
		s.started[e.Candidate] = true
	case "stopped":
		s.stopped[e.Candidate] = true
		if s.leader == e.Candidate {
			return "stopped while it leads"
		}
	case "standby":
		return s.standby(e)
	case "elected":
		return s.elected(e)
	case "tick", "refreshed":
		return s.worked(e)
	case "revoked":
		return s.revoked(e)
	case "served", "error":
	default:
		return "an unknown event"
	}
	return ""
}

func (s *story) standby(e Event) string {
	switch {
	case e.Leader == "" || e.Leader == e.Candidate:
		return "standing by for nobody, or for itself"
	case s.leader == e.Candidate:
		return "standing by while it leads"
	}
	return ""
}

func (s *story) elected(e Event) string {
	if s.leader != "" {
		return "elected while " + s.leader + " leads"
	}
	if e.Term <= s.term {
		return "terms must rise"
	}
	s.leader, s.term, s.seq = e.Candidate, e.Term, 0
	return ""
}

func (s *story) worked(e Event) string {
	s.seq++
	switch {
	case s.leader != e.Candidate || s.term != e.Term:
		return "work outside of its term"
	case s.seq != e.Seq:
		return "the sequence is broken"
	}
	return ""
}

func (s *story) revoked(e Event) string {
	switch {
	case s.leader != e.Candidate || s.term != e.Term:
		return "revoked without being elected"
	case !slices.Contains([]string{"caller", "lost", "expired", "step_down", "work"}, e.Cause):
		return "an unknown cause"
	}
	s.leader = ""
	return ""
}

// CheckTakeover fails the test unless the successor of a leader that was killed
// was elected within the bounds of the lease.
func CheckTakeover(tb testing.TB, killed time.Time, successor Event, timing heartbeat.Timing) {
	tb.Helper()
	bounds, gap := timing.Failover(), successor.At().Sub(killed)
	if gap < bounds.Earliest || gap > bounds.Worst+margin {
		tb.Errorf("a successor after %v, want %v to %v", gap, bounds.Earliest, bounds.Worst)
	}
}

// margin is what a busy machine may be late.
const margin = 5 * time.Second
