package schedule

import (
	"fmt"
	"math"
	"slices"
	"time"

	"example.com/incumbent/election"
)

// A situation is all that is known of one job when it is decided what to do next.
type situation struct {
	job      Job
	cal      string // identifies the job's calendar
	term     int64
	now      int64  // the server's time in milliseconds, not later than it is
	entry    *entry // nil: the ledger has none
	former   *entry // of the name that the job had; nil: none
	heard    *entry // the newest that an answer has shown to this process; nil: none
	here     bool   // that was in this term
	running  bool   // a run is under way here
	ended    *ended // a run has ended here, and the ledger does not say so
	stopping bool   // the term ends: nothing is started
}

// An ended is how a run ended.
type ended struct {
	run         runOf
	began       bool // else the claim was written, and the term had ended before the run began
	at          int64
	err         error
	interrupted bool          // the term had ended
	settled     chan struct{} // closed when nothing is left to write; nil: nobody waits
}

// An action is what to do: to write something, or to wait.
type action struct {
	write     bool
	entry     *entry // nil: remove it
	ofFormer  bool   // write the entry of the former name
	notBefore int64
	line      *line
	start     bool             // run the job once that is written
	forget    bool             // of the run that has ended nothing is left to write
	events    []election.Event // to report once that is written
	wake      int64            // decide again then
}

// asleep is the wake of who waits for something other than time.
const asleep = math.MaxInt64

var wait = action{wake: asleep}

// decide says what to do next. It is pure. An error is the calendar's: the job cannot run.
func (s situation) decide() (action, error) {
	switch e := s.entry; {
	case e == nil:
		return s.absent(), nil
	case s.heard != nil && s.heard.seq > e.seq:
		return s.restore("Redis went back to an older state"), nil
	case s.ended != nil:
		return s.complete(), nil
	case s.stopping || s.running:
		return wait, nil
	case s.former != nil:
		return s.takeOver(), nil
	case e.cal != s.cal:
		return s.changed(), nil
	case e.state == running:
		return s.abandoned(), nil
	case e.state == owed:
		return s.owed(), nil
	case e.pause.set && !e.pause.active(s.now):
		return s.pauseOver()
	case e.ask.at != 0:
		next := *e
		next.ask = ask{}
		return s.claim(next, runOf{asked: e.ask.at, attempt: 1}), nil
	case e.gone || s.now/day-e.seen >= refreshDays:
		return s.change(*e), nil
	case e.pause.set:
		return s.sleep(e.pause.until), nil
	}
	return s.due()
}

// refreshDays is after how many days an entry is written for no other reason than to say
// that the job is still declared.
const refreshDays = 7

// sleep waits until a time; 0 is for ever.
func (s situation) sleep(until int64) action {
	if until == 0 {
		until = asleep
	}
	return action{wake: until}
}

// change writes an entry instead of the present one.
func (s situation) change(e entry) action {
	e.seq++
	e.seen, e.gone = s.now/day, false
	e.text, e.next = cut(s.job.Due.String(), calRoom), 0
	if next, err := s.job.Due.next(e.cursor); err == nil && next < maxNumber {
		e.next = next
	}
	return action{write: true, entry: &e}
}

// absent is about a job that the ledger does not know.
func (s situation) absent() action {
	switch {
	case s.heard != nil && s.here:
		return s.restore("Redis lost the ledger")
	case s.stopping:
		return wait
	case s.former != nil:
		e := *s.former
		e.seq = max(e.seq, s.now)
		return s.change(e)
	}
	e := entry{seq: s.now, cursor: s.now, cal: s.cal, state: idle, run: runOf{term: s.term}}
	var lost []election.Event
	if s.heard != nil {
		e.seq, e.cursor = max(e.seq, s.heard.seq), max(e.cursor, s.heard.cursor)
		lost = []election.Event{{Kind: KindLedgerLost, Text: "the last decision known was about " + instant(s.heard.cursor).Format(time.RFC3339)}}
	}
	if s.job.AtOnce {
		e.ask = ask{at: s.now * 1000, why: "at once"}
	}
	a := s.change(e)
	a.notBefore, a.events = s.now, slices.Concat(lost, ahead(e.cursor, s.now))
	a.line = &line{run: runOf{term: s.term}, outcome: OutcomeBegan, ended: s.now}
	return a
}

// restore writes what was heard instead of what was lost. The leader is the only one who
// decides, so what it heard in its term is all there was, but for a last write without an
// answer. That may have begun the job's calendar, and the history says so. So another calendar
// never comes back: the job's begins once more, with a line.
func (s situation) restore(why string) action {
	e := *s.heard
	switch {
	case s.entry == nil:
	case s.wentOn():
		why = "Redis lost what was written, and others went on"
		e = *s.entry
		e.seq, e.cursor = s.heard.seq, max(e.cursor, s.heard.cursor)
	default:
		e.cursor = max(e.cursor, s.entry.cursor)
	}
	a := s.change(e)
	if e.cal != s.cal || s.entry != nil && s.entry.cal != e.cal { // nobody knows what either calendar started
		a = s.begin(e)
	}
	a.events = []election.Event{{Kind: KindLedgerLost, Text: why + "; what this process knows was restored"}}
	a.events = append(a.events, ahead(a.entry.cursor, s.now)...)
	return a
}

// wentOn reports that an entry whose number is below what was heard is no older state of that:
// another leader went on from an older one, or began anew under a clock that was set back.
func (s situation) wentOn() bool {
	return s.entry.run.term > s.heard.run.term || s.entry.cursor > s.heard.cursor
}

// ahead warns of a clock that was set back: nothing runs until it has passed again what was
// decided.
func ahead(cursor, now int64) []election.Event {
	by := time.Duration(cursor-now) * time.Millisecond
	if by <= time.Minute {
		return nil
	}
	return []election.Event{{
		Kind: election.KindClockSkew, Skew: -by,
		Text: "the clock of Redis was set back: the job waits for " + instant(cursor).Format(time.RFC3339),
	}}
}

// takeOver ends what a rename left. Its cursor counts, since an older version may have led
// meanwhile; then the old entry is removed. Nothing is started before.
func (s situation) takeOver() action {
	if s.former.cursor > s.entry.cursor {
		e := *s.entry
		e.cursor = s.former.cursor
		return s.change(e)
	}
	return action{write: true, ofFormer: true}
}

// changed begins another calendar. A run that is owed is kept.
func (s situation) changed() action { return s.begin(*s.entry) }

// begin has the job's calendar begin, which has no past.
func (s situation) begin(e entry) action {
	e.cal, e.cursor = s.cal, max(e.cursor, s.now)
	a := s.change(e)
	a.notBefore = s.now
	a.line = &line{run: runOf{term: s.term}, outcome: OutcomeChanged, ended: s.now, text: s.job.Due.String()}
	return a
}

// missed adds to an action that due times were dropped.
func (s situation) missed(a *action, o Outcome, last int64, n int, why string) {
	if n == 0 {
		return
	}
	a.line = &line{run: runOf{due: last, term: s.term}, outcome: o, ended: s.now, n: int64(n), text: why}
	a.events = append(a.events, election.Event{Kind: KindMissed, Count: n, Text: why})
}

// pauseOver drops the due times of a pause that has ended.
func (s situation) pauseOver() (action, error) {
	e := *s.entry
	until := e.pause.until
	n, err := s.job.Due.count(e.cursor, until, math.MaxInt)
	if err != nil {
		return wait, err
	}
	if n > 0 {
		if e.cursor, err = s.job.lastDue(e.cursor, until); err != nil {
			return wait, err
		}
	}
	why := e.pause.why
	e.pause, e.dropped = pause{}, min(e.dropped+int64(n), maxNumber)
	a := s.change(e)
	a.notBefore = until
	s.missed(&a, OutcomePaused, e.cursor, n, why)
	return a, nil
}

// lastDue is the last due time in (after, until], of which there are some.
func (j Job) lastDue(after, until int64) (int64, error) {
	before, err := j.Due.newest(after, until, 1)
	if err != nil {
		return 0, err
	}
	return j.Due.next(before)
}

// due claims the next due time, drops what may not run any more, or waits.
func (s situation) due() (action, error) {
	e := *s.entry
	from := e.cursor
	if s.heard != nil {
		from = max(from, s.heard.cursor)
	}
	b, err := s.job.backlog(instant(from), instant(s.now))
	if err != nil {
		return wait, err
	}
	n, why := b.dropped(), fmt.Sprintf("%d too late, %d pushed out by newer ones", b.late, b.pushed)
	if b.waiting == 0 && n == 0 {
		if b.next.IsZero() {
			return wait, nil
		}
		return s.sleep(b.next.UnixMilli()), nil
	}
	e.dropped = min(e.dropped+int64(n), maxNumber)
	if b.waiting == 0 {
		if e.cursor, err = s.job.lastDue(from, s.now); err != nil {
			return wait, err
		}
		a := s.change(e)
		a.notBefore = e.cursor
		s.missed(&a, OutcomeMissed, e.cursor, n, why)
		return a, nil
	}
	start := s.job.startAt(b.oldest).UnixMilli()
	if start > s.now {
		return s.sleep(start), nil
	}
	e.cursor = b.oldest.UnixMilli()
	a := s.claim(e, runOf{due: e.cursor, attempt: 1})
	a.notBefore = start
	s.missed(&a, OutcomeMissed, e.cursor, n, why)
	return a, nil
}

// undeclared says what to do about an entry that belongs to no job of this leader: it is
// marked, and removed when no leader has declared it for 30 days.
func undeclared(e entry, now int64) action {
	const keepDays = 30
	switch {
	case !e.gone:
		e.seq++
		e.gone = true
		return action{write: true, entry: &e}
	case now/day-e.seen > keepDays:
		return action{write: true}
	}
	return action{wake: asleep}
}
