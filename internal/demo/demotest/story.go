package demotest

import (
	"math"
	"slices"
	"testing"
	"time"

	"example.com/incumbent/heartbeat"
)

// A story is what the events of one process told so far.
type story struct {
	tb      testing.TB
	alive   map[string]bool // by candidate; false if it has stopped or crashed
	leader  string          // of the open term; empty if none is open
	term    int64           // the latest
	run     Event           // of the scheduler: the one under way
	counted bool
}

// CheckStory fails the test unless the events of a process, from its first to
// its last line, are possible: each candidate starts before and stops after everything
// else, one of them leads at a time, in rising terms, and all that belongs to a term is
// told between its begin and its end. A candidate that has crashed may start again.
func CheckStory(tb testing.TB, events []Event) {
	tb.Helper()
	s := &story{tb: tb, alive: map[string]bool{}}
	for i, e := range events {
		if complaint := s.next(e); complaint != "" {
			tb.Errorf("line %d: %s: %+v", i+1, complaint, e)
		}
	}
	if s.leader != "" {
		tb.Errorf("term %d of %s never ended", s.term, s.leader)
	}
	if len(s.alive) == 0 {
		tb.Error("no candidate started")
	}
	for candidate, alive := range s.alive {
		if alive {
			tb.Errorf("%s never stopped", candidate)
		}
	}
}

// next takes in an event and says what is wrong with it.
func (s *story) next(e Event) string {
	switch {
	case s.counted:
		return "an event after the count"
	case e.Event == "counted":
		s.counted = true
		return ""
	case s.alive[e.Candidate] == (e.Event == "started"):
		return "a candidate starts first and stops last"
	}
	switch e.Event {
	case "started":
		s.alive[e.Candidate] = true
	case "stopped":
		s.alive[e.Candidate] = false
		if s.leader == e.Candidate {
			return "stopped while it leads"
		}
	case "standby":
		return s.standby(e)
	case "elected":
		return s.elected(e)
	case "run", "done", "crashed":
		return s.ran(e)
	case "revoked":
		return s.revoked(e)
	case "trouble":
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
	s.leader, s.term = e.Candidate, e.Term
	return ""
}

// ran is about a run of the scheduler. Runs of its job follow each other.
func (s *story) ran(e Event) string {
	open := s.run
	s.run = Event{}
	switch {
	case s.leader != e.Candidate || s.term != e.Term:
		return "a run outside of its term"
	case e.Due.IsZero() || e.Attempt < 1 || e.At().Before(e.Due):
		return "a run of no due time, or before it"
	case e.Event == "run" && !open.Due.IsZero():
		return "two runs at once"
	case e.Event == "run":
		s.run = e
	case !open.Due.Equal(e.Due) || open.Attempt != e.Attempt:
		return "the end of another run"
	case e.Event == "crashed":
		s.leader, s.alive[e.Candidate] = "", false
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
	if !s.run.Due.IsZero() {
		return "revoked before its run has ended"
	}
	return ""
}

// CheckDueTimes fails the test unless the events of some processes do each due time once,
// from the first that was begun to the last that was done. No attempt is begun twice, and
// none without the one before. Processes are given in the order in which they led.
func CheckDueTimes(tb testing.TB, every time.Duration, events []Event) {
	tb.Helper()
	type attempt struct {
		due int64
		n   int
	}
	begun, done := map[attempt]int{}, map[int64]int{}
	first, last := int64(math.MaxInt64), int64(0)
	for _, e := range events {
		due := e.Due.UnixMilli()
		switch e.Event {
		case "run":
			first = min(first, due)
			begun[attempt{due, e.Attempt}]++
			if times := begun[attempt{due, e.Attempt}]; times > 1 || e.Attempt > 1 && begun[attempt{due, e.Attempt - 1}] != 1 {
				tb.Errorf("attempt %d of %v is begun %d times, or without the one before", e.Attempt, e.Due, times)
			}
		case "done":
			last = max(last, due)
			done[due]++
		}
	}
	if len(done) == 0 {
		tb.Error("nothing was run")
	}
	for due := first; due <= last; due += every.Milliseconds() {
		if done[due] != 1 {
			tb.Errorf("%v was done %d times", time.UnixMilli(due).UTC(), done[due])
		}
	}
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
