package space

import (
	"sync/atomic"

	"example.com/incumbent/verification/model/explore"
)

// Invariant numbers what must always hold.
type Invariant = explore.Broken

// The invariants.
const (
	Overlap   Invariant = iota + 1 // more works at once than seats
	Terms                          // a work under a term that is not above that of every earlier one
	FalsePush                      // a grant that was received is not in the hash
	FalseLoss                      // a session was given up that is still there
	Stuck                          // from here, without further faults, a process never gets the lock
	invariants
)

var invariantNames = [invariants]string{
	Overlap:   "more works at once than seats",
	Terms:     "a work begins under a term that is not above every earlier one",
	FalsePush: "a published grant is not in the hash",
	FalseLoss: "a session is given up that is still there",
	Stuck:     "without further faults the lock is never free",
}

// Name returns what the invariant being broken means.
func Name(i Invariant) string { return invariantNames[i] }

// system is the protocol, or a variant of it, within the bounds of a configuration.
type system struct {
	cfg     Config
	v       Variant
	counted uint32 // bits of the invariants that are watched
	longest uint8  // lease, in ticks
	sids    int
	perms   [][maxProcesses]uint8
	width   int
	clipped atomic.Bool // something was left out for want of room
}

var _ explore.System[state] = (*system)(nil)

// newModel returns the model of a variant that watches the given invariants, all of them if
// none is given.
func newModel(cfg Config, v Variant, watched ...Invariant) *system {
	m := &system{cfg: cfg, v: v, sids: cfg.Processes * cfg.Sessions}
	for p := range cfg.Processes {
		m.longest = max(m.longest, m.own(p).ticks().lease)
	}
	m.counted = ^uint32(0)
	if len(watched) > 0 {
		m.counted = 0
	}
	for _, i := range watched {
		m.counted |= 1 << i
	}
	m.perms = permutations(cfg)
	m.width = m.size()
	return m
}

// Init returns the state before anything has happened.
func (m *system) Init() state {
	s := state{flushes: uint8(m.cfg.Flushes), crashes: uint8(m.cfg.Crashes), strangers: 1}
	if m.cfg.Open {
		s.epoch = open
	}
	for p := range m.cfg.Processes {
		s.knows[p] = m.own(p)
	}
	return s
}

// sid returns the number of a process' session, from 1.
func (m *system) sid(s *state, p int) uint8 {
	q := &s.procs[p]
	if int(q.sid) >= m.cfg.Sessions {
		return spare + 1
	}
	return uint8(p*m.cfg.Sessions) + q.sid + 1
}

// owner returns whose session that is.
func (m *system) owner(sid uint8) int { return int(sid-1) / m.cfg.Sessions }

func (m *system) ticket(s *state, p int) ticket { return ticket{m.sid(s, p), s.procs[p].call} }

// breaks notes the first invariant that a step breaks, if it is watched.
func (m *system) breaks(s *state, i Invariant) {
	if s.broken == 0 && m.counted&(1<<i) != 0 {
		s.broken = i
	}
}

// clip notes that a step was left out for want of room, and returns false.
func (m *system) clip() bool {
	if !m.clipped.Load() {
		m.clipped.Store(true)
	}
	return false
}

// Check looks for a lock that is stuck in one state of every cfg.Heals.
func (m *system) Check(s *state) Invariant {
	if m.cfg.Heals == 0 || m.counted&(1<<Stuck) == 0 || m.cfg.Heals > 1 && m.lot(s)%m.cfg.Heals != 0 {
		return 0
	}
	for p := range m.cfg.Processes {
		if !m.heals(*s, p, true) || !m.heals(*s, p, false) {
			return Stuck
		}
	}
	return 0
}

// finished looks at the invariants of the state reached and drops what cannot matter any more.
func (m *system) finished(s *state) {
	works := 0
	for i := range s.procs[:m.cfg.Processes] {
		if s.procs[i].works() {
			works++
		}
	}
	if works > m.cfg.Seats {
		m.breaks(s, Overlap)
	}
	for i, b := range s.beats[:m.sids] {
		if b > 0 && s.ages[i][b-1] == 0 {
			s.ages[i][b-1] = 1
		}
	}
	m.reduce(s)
	s.renumber(m)
}

// reduce forgets what cannot matter any more.
func (m *system) reduce(s *state) {
	for p := range m.cfg.Processes {
		q := &s.procs[p]
		if q.phase >= expired && !q.works() && !m.v.Untrusted {
			s.sent[m.sid(s, p)-1].ends = true
			q.forget() // it can only leave
		}
		if !m.v.PushAnyCall && (q.stage != wanting || q.push.call != q.call) {
			q.push = push{}
		}
	}
	for i := range m.sids {
		s.sent[i].asks &^= s.sent[i].makes
		if !m.matters(s, uint8(i+1)) {
			m.haunt(s, uint8(i+1))
		}
	}
	if s.epoch != quarantined && !m.lateOpenings() {
		s.waits = [maxProcesses]uint8{}
	}
}

// haunt makes all ghosts of a session alike that nobody works in any more. Only an acquire can
// bring one back, and a judge may remove it at any time: which beat it has, which call it names,
// and what else was sent for it makes no difference.
func (m *system) haunt(s *state, sid uint8) {
	s.ages[sid-1] = [maxBeats + 1]uint8{}
	if m.v.ReleaseAnyones {
		return
	}
	s.beats[sid-1] = min(s.beats[sid-1], 1)
	s.sent[sid-1] = mail{makes: min(s.sent[sid-1].makes, 2)}
	for i := range s.seats {
		if s.seats[i].who.sid == sid {
			s.seats[i].who.call = 1
		}
	}
	first := -1
	for i := 0; i < int(s.queued); i++ {
		switch {
		case s.queue[i].sid != sid:
		case first < 0:
			s.queue[i].call, first = 1, i
		default:
			s.unqueue(i)
			i--
		}
	}
}

// over says that no process can work any more.
func (m *system) over(s *state) bool {
	for i := range s.procs[:m.cfg.Processes] {
		if q := &s.procs[i]; q.phase != none || int(q.sid) < m.cfg.Sessions {
			return false
		}
	}
	return true
}

// terms calls with every term that the state refers to.
func (s *state) terms(with func(*uint8)) {
	with(&s.last)
	with(&s.began)
	for i := range s.seats {
		with(&s.seats[i].term)
	}
	for i := range s.procs {
		q := &s.procs[i]
		with(&q.term)
		with(&q.slow.term)
		with(&q.push.term)
	}
}

// highest returns the highest of them. The server's time is above every term ever granted.
func (s *state) highest() (term uint8) {
	s.terms(func(t *uint8) { term = max(term, *t) })
	return term
}

// renumber keeps the terms in their order and makes them small: only their order matters.
func (s *state) renumber(m *system) {
	if !m.v.TermRestarts {
		s.last = 0
	}
	if m.cfg.Seats > 1 {
		s.began = 0
	}
	var used, to [32]uint8
	s.terms(func(t *uint8) { used[*t] = 1 })
	next := uint8(0)
	for t := uint8(1); t < 32; t++ {
		if used[t] > 0 {
			next++
			to[t] = next
		}
	}
	s.terms(func(t *uint8) { *t = to[*t] })
}
