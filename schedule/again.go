package schedule

import (
	"fmt"

	"example.com/incumbent/election"
)

// claim writes that a run starts.
func (s situation) claim(e entry, run runOf) action {
	run.term = s.term
	e.state, e.run, e.started, e.again = running, run, s.now, 0
	a := s.change(e)
	a.start = true
	return a
}

// mayStart reports whether the last run may be started once more.
func (s situation) mayStart() bool {
	late := s.job.Late.Milliseconds()
	return s.entry.run.attempt < int64(s.job.Attempts) && (late == 0 || s.now-s.entry.run.at() <= late)
}

// again claims the next attempt of the last run.
func (s situation) again() action {
	run := s.entry.run
	run.attempt++
	return s.claim(*s.entry, run)
}

// rest writes that no run is owed.
func (s situation) rest() action {
	e := *s.entry
	e.state, e.again, e.dropped = idle, 0, 0
	return s.change(e)
}

// abandoned is about a run whose leader is over, and so is the run.
func (s situation) abandoned() action {
	var a action
	if s.mayStart() {
		a = s.again()
	} else {
		a = s.rest()
		a.events = []election.Event{{Kind: KindAbandoned, Text: fmt.Sprintf("of term %d, attempt %d", s.entry.run.term, s.entry.run.attempt)}}
	}
	a.line = &line{run: s.entry.run, started: s.entry.started, outcome: OutcomeAbandoned}
	return a
}

// owed is about a run that is to be tried again.
func (s situation) owed() action {
	e := s.entry
	switch {
	case s.mayStart() && e.again > s.now:
		return s.sleep(e.again)
	case s.mayStart():
		a := s.again()
		a.notBefore = e.again
		return a
	case e.run.attempt == 0: // it was claimed, and never started
		a := s.rest()
		a.entry.dropped = e.dropped + 1
		s.missed(&a, OutcomeMissed, e.run.at(), 1, "too late")
		return a
	}
	a := s.rest()
	a.line = &line{run: e.run, started: e.started, outcome: OutcomeFailed, text: "no attempt is left in time"}
	a.events = []election.Event{{Kind: KindFailed, Text: a.line.text}}
	return a
}

// complete writes how a run ended. If the entry is about another run, nothing is left to
// write.
func (s situation) complete() action {
	e, x := *s.entry, s.ended
	if e.state != running || e.run != x.run {
		return action{forget: true}
	}
	left := e.run.attempt < int64(s.job.Attempts)
	l := &line{run: e.run, started: e.started, ended: x.at, outcome: OutcomeFailed}
	if x.err != nil {
		l.text = x.err.Error()
	}
	e.state = owed
	switch {
	case !x.began: // so this attempt was none
		e.run.attempt--
		e.again, l = s.now, nil
	case x.err == nil:
		l.outcome = OutcomeDone
		return s.completed(s.rest(), l)
	case x.interrupted && left:
		e.again, l.outcome = s.now, OutcomeInterrupted
	case left:
		e.again = s.now + retryPause(e.run.attempt)
	default:
		return s.completed(s.rest(), l)
	}
	return s.completed(s.change(e), l)
}

func (s situation) completed(a action, l *line) action {
	a.line, a.forget = l, true
	return a
}

// retryPause is how long after a failure the next attempt follows: 1 s, doubled with each
// attempt up to a minute.
func retryPause(attempt int64) int64 { return min(int64(1000)<<min(attempt-1, 10), 60_000) }
