package schedule

import (
	"time"

	"example.com/incumbent/election"
)

// A Status is the state of one job.
type Status struct {
	Job          string
	Calendar     string    // cut to 96 bytes
	Next         time.Time // zero: never
	Last         Entry     // of its last run; zero: none yet
	RunningSince time.Time // zero: it does not run
	Waiting      int       // due times that wait, at least
	Paused       bool
	PausedUntil  time.Time // zero: until Resume
	PauseReason  string
	Undeclared   bool // the leader has no job of this name
}

// An Entry is one line of the history of a job: a run, or why there was none.
type Entry struct {
	Tick    Tick
	Outcome Outcome
	Started time.Time     // by the clock of Redis
	Lasted  time.Duration // 0 if unknown
	ID      string        // of the leader
	Missed  int           // how many due times it stands for, if it is not about a run
	Text    string        // of the error, or why
}

// An Outcome is how a due time ended.
type Outcome string

// Outcomes.
const (
	OutcomeDone        Outcome = "done"
	OutcomeFailed      Outcome = "failed"
	OutcomeInterrupted Outcome = "interrupted" // the term ended, it runs again
	OutcomeAbandoned   Outcome = "abandoned"   // its leader died, it is unknown how far it got
	OutcomeMissed      Outcome = "missed"      // dropped by Late or CatchUp
	OutcomePaused      Outcome = "paused"      // dropped in a pause
	OutcomeChanged     Outcome = "changed"     // another calendar
	OutcomeBegan       Outcome = "began"       // Redis knew nothing of the job
)

// about reports whether an outcome is that of a run.
func (o Outcome) about() bool {
	switch o {
	case OutcomeMissed, OutcomePaused, OutcomeChanged, OutcomeBegan:
		return false
	}
	return true
}

// Kinds of events of this package; Event.Item is the job.
const (
	KindStarted    election.Kind = "run_started"
	KindDone       election.Kind = "run_done"      // Lasted
	KindFailed     election.Kind = "run_failed"    // Lasted, Err
	KindAbandoned  election.Kind = "run_abandoned" // its leader died, no attempt is left
	KindStuck      election.Kind = "run_stuck"     // it ignores its time-out: Overdue
	KindMissed     election.Kind = "due_missed"    // Count, Text says why
	KindLedgerLost election.Kind = "ledger_lost"   // Redis lost the ledger
)

// shown is a line as users see it.
func (l line) shown(name, job string) Entry {
	e := Entry{Outcome: l.outcome, ID: l.id, Missed: int(l.n), Text: l.text}
	e.Tick = l.run.tick(name, job)
	if l.started != 0 {
		e.Started = instant(l.started)
		if l.ended > l.started {
			e.Lasted = time.Duration(l.ended-l.started) * time.Millisecond
		}
	}
	return e
}

// tick is what a run is for.
func (r runOf) tick(name, job string) Tick {
	t := Tick{Job: job, Attempt: int(r.attempt), Term: election.Term(r.term)}
	switch {
	case r.asked != 0:
		t.Key = askedKey(name, job, r.asked)
	case r.due != 0:
		t.Due = instant(r.due)
		t.Key = dueKey(name, job, t.Due)
	}
	return t
}
