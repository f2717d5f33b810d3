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

// deed is what a process can do. It changes the state, or says that it can't be done.
type deed[N number] func(m *model[N], s *state[N], p int) bool

// deeds are all of them.
func deeds[N number]() [ownSteps]deed[N] {
	return [ownSteps]deed[N]{
		looks:          (*model[N]).look,
		quarantines:    (*model[N]).quarantine,
		lengthens:      (*model[N]).lengthen,
		grants:         (*model[N]).grant,
		quits:          (*model[N]).quit,
		retries:        (*model[N]).retry,
		beats:          (*model[N]).beat,
		publishes:      (*model[N]).publish,
		readsSlowly:    (*model[N]).readSlowly,
		receives:       (*model[N]).receive,
		leaves:         (*model[N]).leave,
		ends:           (*model[N]).end,
		releases:       (*model[N]).release,
		givesUp:        (*model[N]).giveUp,
		clearsUp:       (*model[N]).clearUp,
		crashes:        (*model[N]).crash,
		wallClockSteps: (*model[N]).wallClockStep,
		starts:         (*model[N]).start,
		grantsAfter:    (*model[N]).grantAfter,
		beatsAfter:     (*model[N]).beatAfter,
	}
}

// Steps calls yield with every state that one step leads to.
func (m *model[N]) Steps(s *state[N], yield func(*state[N], explore.Step, Invariant)) {
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
		for w, do := range m.deeds {
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
func (m *model[N]) environment(next *state[N], try func(w what, who, arg int, done bool)) {
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
func (m *model[N]) finish(s *state[N]) {
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
func (m *model[N]) Check(s *state[N]) Invariant {
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
