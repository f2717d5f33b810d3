package space

const (
	maxProcesses = 3
	maxSessions  = 2 // of a process
	maxSids      = 6
	spare        = maxSids // the session of whoever is healed
	maxSeats     = 2
	maxQueue     = 6
	maxBeats     = 2 // of a session
)

// epoch is the field that says whether the space may be used.
type epoch uint8

const (
	absent epoch = iota // the whole hash is
	quarantined
	open
)

// ticket names a call: its session, from 1, and its number in it, from 1. The zero
// ticket is nobody.
type ticket struct{ sid, call uint8 }

// seat is who holds one of the seats of the one lock, under which term.
type seat struct {
	who  ticket
	term uint8
}

// phase is that of a process' session.
type phase uint8

const (
	none    phase = iota // it has no session
	making               // it has sent the bytes of one, and no answer has shown it
	live                 // it trusts the session
	expired              // trust is over and the works have their grace
	lost                 // an answer showed that the session is gone; the works have their grace
)

// stage is that of a process' call.
type stage uint8

const (
	idle    stage = iota
	wanting       // it has asked for the lock
	working       // it was granted it, and its work runs
	ending        // its work has returned, or it has given up: it releases until it is answered
)

// process is what one process remembers.
type process struct {
	phase phase
	sid   uint8 // how many sessions it has had before
	beat  uint8 // of the session, as last confirmed
	trust uint8 // ticks since the bytes that are confirmed were first sent
	sent  bool  // the next beat is under way
	age   uint8 // ticks since that was first sent
	stage stage
	call  uint8 // its number in the session
	term  uint8 // of the work
	slow  answer
	floor uint8 // the beat that was confirmed when slow was asked for
	push  push
}

// answer is one that takes its time.
type answer struct {
	kind    uint8 // 0: there is none
	session uint8 // its beat + 1, 0: it is not there
	term    uint8 // of the seat of the call, 0: it has none
}

// The kinds of answers.
const (
	toAcquire = iota + 1
	toBeat
)

// push is a published grant that may still be received, any number of times.
type push struct{ call, term uint8 }

// works says whether the work runs.
func (p *process) works() bool { return p.stage == working }

// mail is what was ever sent for one session. All of it may be executed at any later time,
// any number of times, or never.
type mail struct {
	makes uint8 // acquires that may make the session, a bit for each call
	asks  uint8 // acquires that may not
	frees uint8 // releases
	ends  bool  // the end of the session
	beats uint8 // how many beats
}

// state is everything at one moment.
type state struct {
	epoch  epoch
	author uint8            // of the quarantine, where its bytes are not unique
	lease  Lease            // that the epoch has
	beats  [spare + 1]uint8 // the sessions: beat + 1, 0: absent
	seats  [maxSeats]seat
	queue  [maxQueue]ticket
	queued uint8
	last   uint8 // the last term, as the hash has it

	began uint8 // the highest term under which a work has begun
	sent  [spare + 1]mail
	procs [maxProcesses]process
	knows [maxProcesses]Lease // the longest that a process knows of
	// ages are the ticks + 1 since each beat of a session was first in the hash, and waits
	// since the quarantine of each author was; 0: it never was.
	ages  [maxSids][maxBeats + 1]uint8
	waits [maxProcesses]uint8
	opens uint8 // openings sent, a bit for each author: kept in mutants only

	flushes, crashes, strangers uint8 // what the environment may still do

	broken Invariant
}

// holder returns the seat of a ticket, or -1.
func (s *state) holder(t ticket) int {
	for i := range s.seats {
		if s.seats[i].who == t {
			return i
		}
	}
	return -1
}

// place returns the place of a ticket in the queue, or -1.
func (s *state) place(t ticket) int {
	for i, w := range s.queue[:s.queued] {
		if w == t {
			return i
		}
	}
	return -1
}

// unqueue takes the i-th out of the queue.
func (s *state) unqueue(i int) {
	copy(s.queue[i:], s.queue[i+1:s.queued])
	s.queued--
	s.queue[s.queued] = ticket{}
}

// alive says whether a session is in the hash.
func (s *state) alive(t ticket) bool { return t.sid > 0 && s.beats[t.sid-1] > 0 }
