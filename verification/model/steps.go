package model

import "example.com/incumbent/verification/model/explore"

// what numbers the kinds of steps.
type what uint8

// The steps that a process makes come first, in the order in which they are
// tried, which is also the order in which traces prefer them.
const (
	looks what = iota
	quarantines
	lengthens
	grants
	quits
	retries
	beats
	publishes
	readsSlowly
	receives
	leaves
	ends
	releases
	givesUp
	clearsUp
	crashes
	wallClockSteps
	starts
	grantsAfter
	beatsAfter
	ownSteps // below: everybody's

	arrives
	hears
	isAsked
	isPaused
	forgets
	saves
	goesBack
	ticksAway
	ticksSuspended
	writes
)

// deeds are what a process can do. Each changes the state, or says that it
// can't be done.
var deeds = [ownSteps]func(m *model, s *state, p int) bool{
	looks:          (*model).look,
	quarantines:    (*model).quarantine,
	lengthens:      (*model).lengthen,
	grants:         (*model).grant,
	quits:          (*model).quit,
	retries:        (*model).retry,
	beats:          (*model).beat,
	publishes:      (*model).publish,
	readsSlowly:    (*model).readSlowly,
	receives:       (*model).receive,
	leaves:         (*model).leave,
	ends:           (*model).end,
	releases:       (*model).release,
	givesUp:        (*model).giveUp,
	clearsUp:       (*model).clearUp,
	crashes:        (*model).crash,
	wallClockSteps: (*model).wallClockStep,
	starts:         (*model).start,
	grantsAfter:    (*model).grantAfter,
	beatsAfter:     (*model).beatAfter,
}

// Steps calls yield with every state that one step leads to.
func (m *model) Steps(s *state, yield func(*state, explore.Step, Invariant)) {
	next := *s
	try := func(w what, who, arg int, done bool) {
		if done {
			m.finish(&next)
			if next != *s {
				broken := next.broken
				next.broken = 0
				yield(&next, explore.Step{Kind: uint8(w), Who: int8(who), Arg: int8(arg)}, broken)
			}
		}
		next = *s
	}
	for p := range m.cfg.Processes {
		for w, do := range deeds {
			try(what(w), p, 0, do(m, &next, p))
		}
		for i := range m.cfg.Pushes {
			try(hears, p, i, m.hear(&next, p, i))
		}
		try(ticksSuspended, p, 0, m.tickSuspended(&next, p))
	}
	m.environment(&next, try)
}

// environment tries what nobody decides.
func (m *model) environment(next *state, try func(w what, who, arg int, done bool)) {
	for i := range int(next.sent) {
		for j := range m.fates() {
			try(arrives, j, i, m.arrive(next, i, j))
		}
	}
	for j := range m.fates() {
		try(isAsked, j, 0, m.ask(next, j))
	}
	if m.cfg.Pauses > 0 {
		for j := range m.fates() {
			for to := none; to <= lasting; to++ {
				try(isPaused, j, int(to), m.pauses(next, to, j))
			}
		}
	}
	try(forgets, -1, 0, m.flush(next))
	try(saves, -1, 0, m.save(next))
	try(goesBack, -1, 0, m.goBack(next))
	if m.cfg.Fenced {
		for g := range int(next.grants) {
			try(writes, -1, g, m.write(next, g))
		}
	}
	try(ticksAway, -1, 0, m.tick(next, -1))
}

// finish looks at the invariants of the state reached and drops from it what
// cannot matter any more.
func (m *model) finish(s *state) {
	active := 0
	for i := range s.procs[:m.cfg.Processes] {
		if s.procs[i].works() {
			active++
		}
	}
	if active > 1 {
		m.breaks(s, Overlap)
	}
	m.reduce(s)
}

// Check looks for a ghost in one state of every cfg.Heals.
func (m *model) Check(s *state) Invariant {
	if m.cfg.Heals == 0 || m.counted&(1<<Ghost) == 0 {
		return 0
	}
	if m.cfg.Heals > 1 && m.lot(s)%m.cfg.Heals != 0 {
		return 0
	}
	if !m.heals(s) {
		return Ghost
	}
	return 0
}
