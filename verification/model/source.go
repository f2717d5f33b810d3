package model

import (
	"fmt"

	"example.com/incumbent/verification/model/explore"
)

// Source bounds a model of the pattern that the protocol replaces: SETNX of 1
// makes a leader; the leader INCRs; a candidate that sees the same value for a
// window of polls does GETSET of 1 and leads unless it gets less than it had
// seen; a leader DELs at its exit. The network is perfect: every command is
// executed and answered at once.
type Source struct {
	Processes int
	Window    int // polls of the same value
	Crashes   int
	Stalls    int // turns that a process may miss
	Exits     int // leaders that leave and come back as candidates
}

type role uint8

const (
	candidate role = iota
	leader
	dead
)

// actor is one process. In each round everybody has one turn.
type actor struct {
	role    role
	heart   uint8 // the value last seen
	tries   uint8 // polls that must still see it
	strikes bool  // the window is over: GETSET comes next
	done    bool  // has had its turn
}

type sourceState struct {
	key                    uint8 // 0: absent
	crashes, stalls, exits uint8
	procs                  [maxProcesses]actor
}

const highest = 7 // a counter this high is not modelled

type sourceModel struct{ cfg Source }

var _ explore.System[sourceState] = (*sourceModel)(nil)

// RunSource explores the source pattern.
func RunSource(cfg Source, opt Options) Report {
	m := &sourceModel{cfg}
	found := explore.Run[sourceState](m, opt)
	r := report(found)
	for i, f := range found.Trace {
		r.Trace = append(r.Trace, fmt.Sprintf("%3d  %-44s %s", i+1, m.describe(f), f.After))
	}
	return r
}

// Init returns the state before anything has happened.
func (m *sourceModel) Init() sourceState {
	return sourceState{crashes: uint8(m.cfg.Crashes), stalls: uint8(m.cfg.Stalls), exits: uint8(m.cfg.Exits)}
}

// Check finds nothing in a state by itself.
func (m *sourceModel) Check(*sourceState) Invariant { return 0 }

const (
	turns uint8 = iota
	stalls
	dies
	exits
	nextRound
)

// Steps calls yield with every state that one step leads to.
func (m *sourceModel) Steps(s *sourceState, yield func(*sourceState, explore.Step, Invariant)) {
	waiting := false
	for p := range m.cfg.Processes {
		for kind, do := range []func(*sourceState, *actor) bool{m.turn, m.stall, m.die, m.exit} {
			next := *s
			if do(&next, &next.procs[p]) {
				yield(&next, explore.Step{Kind: uint8(kind), Who: int8(p)}, next.verdict())
			}
		}
		waiting = waiting || s.procs[p].role != dead && !s.procs[p].done
	}
	if waiting {
		return
	}
	next := *s
	for p := range next.procs {
		next.procs[p].done = false
	}
	yield(&next, explore.Step{Kind: nextRound, Who: -1}, 0)
}

func (s *sourceState) verdict() Invariant {
	leaders := 0
	for _, a := range s.procs {
		if a.role == leader {
			leaders++
		}
	}
	if leaders > 1 {
		return Overlap
	}
	return 0
}

// turn is what the pattern has a process do in each round.
func (m *sourceModel) turn(s *sourceState, a *actor) bool {
	if a.done && !a.strikes || a.role == dead || s.key == highest {
		return false
	}
	a.done = true
	switch {
	case a.role == leader:
		s.key++ // INCR
	case a.strikes: // GETSET
		old := s.key
		s.key, a.strikes = 1, false
		if old >= a.heart {
			a.role = leader
		}
	case s.key == 0: // SETNX
		s.key, a.role = 1, leader
	case s.key != a.heart: // GET
		a.heart, a.tries = s.key, uint8(m.cfg.Window)
	case a.tries > 0:
		a.tries--
		a.strikes = a.tries == 0
	}
	return true
}

func (m *sourceModel) stall(s *sourceState, a *actor) bool {
	if s.stalls == 0 || a.done || a.role == dead {
		return false
	}
	s.stalls--
	a.done = true
	return true
}

func (m *sourceModel) die(s *sourceState, a *actor) bool {
	if s.crashes == 0 || a.role != leader {
		return false
	}
	s.crashes--
	*a = actor{role: dead}
	return true
}

// exit is a leader that leaves: DEL, whoever the key belongs to by now.
func (m *sourceModel) exit(s *sourceState, a *actor) bool {
	if s.exits == 0 || a.role != leader {
		return false
	}
	s.exits--
	s.key = 0
	*a = actor{done: true}
	return true
}

// Width returns the bytes of an encoded state.
func (m *sourceModel) Width() int { return 2 + 2*m.cfg.Processes }

// Encode writes a state.
func (m *sourceModel) Encode(dst []byte, s *sourceState) {
	dst[0] = s.key
	dst[1] = s.crashes | s.stalls<<2 | s.exits<<4
	for p, a := range s.procs[:m.cfg.Processes] {
		dst[2+2*p] = uint8(a.role) | flag(a.strikes)<<2 | flag(a.done)<<3
		dst[3+2*p] = a.heart | a.tries<<4
	}
}

// Decode reads what Encode wrote.
func (m *sourceModel) Decode(src []byte) sourceState {
	s := sourceState{key: src[0], crashes: src[1] & 3, stalls: src[1] >> 2 & 3, exits: src[1] >> 4}
	for p := range m.cfg.Processes {
		a, b := src[2+2*p], src[3+2*p]
		s.procs[p] = actor{role(a & 3), b & 15, b >> 4, a>>2&1 == 1, a>>3&1 == 1}
	}
	return s
}

func (m *sourceModel) describe(f explore.Frame[sourceState]) string {
	p := int(f.Step.Who)
	switch f.Step.Kind {
	case stalls:
		return name(p) + " stalls"
	case dies:
		return name(p) + " crashes"
	case exits:
		return name(p) + " exits: DEL"
	case nextRound:
		return "everybody waits for the next poll"
	}
	return name(p) + " " + f.Before.command(&f.Before.procs[p], f.After.procs[p].role == leader)
}

// command says which command a turn is.
func (s *sourceState) command(a *actor, leads bool) string {
	switch {
	case a.role == leader:
		return fmt.Sprintf("leads: INCR -> %d", s.key+1)
	case a.strikes && leads:
		return fmt.Sprintf("GETSET 1 -> %d, not below %d: leads", s.key, a.heart)
	case a.strikes:
		return fmt.Sprintf("GETSET 1 -> %d, below %d: lost", s.key, a.heart)
	case s.key == 0:
		return "SETNX 1 -> true: leads"
	}
	return fmt.Sprintf("GET -> %d", s.key)
}

// String is what is in Redis, and who leads.
func (s sourceState) String() string {
	text := fmt.Sprintf("key %d", s.key)
	if s.key == 0 {
		text = "no key"
	}
	for p, a := range s.procs {
		if a.role == leader {
			text += ", " + name(p) + " leads"
		}
	}
	return text
}
