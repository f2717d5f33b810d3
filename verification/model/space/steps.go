package space

import "example.com/incumbent/verification/model/explore"

// what numbers the kinds of steps, in the order in which they are tried.
type what uint8

const (
	begins what = iota
	isAnswered
	isBeaten
	works
	givesUp
	isReleased
	beats
	leaves
	leavesEarly
	retries
	learns
	lengthens
	isQuestioned
	readsSlowly
	readsBeatSlowly
	receives
	hears
	crashes
	ownSteps // below: others'

	reaps
	founds
	opens
	acquireArrives
	makeArrives
	releaseArrives
	endArrives
	beatArrives
	openingArrives
	cleansUp
	forgets
	evicts
	interferes
	ticksAway
)

// deeds are what a process can do by itself.
var deeds = [ownSteps]func(m *system, s *state, p int) bool{
	begins:          (*system).begin,
	isAnswered:      (*system).answered,
	isBeaten:        (*system).beaten,
	works:           (*system).finish,
	givesUp:         (*system).giveUp,
	isReleased:      (*system).released,
	beats:           (*system).sendBeat,
	leaves:          (*system).leave,
	leavesEarly:     (*system).leaveEarly,
	retries:         (*system).retry,
	learns:          (*system).learn,
	lengthens:       (*system).lengthen,
	isQuestioned:    (*system).questioned,
	readsSlowly:     func(m *system, s *state, p int) bool { return m.readSlowly(s, p, toAcquire) },
	readsBeatSlowly: func(m *system, s *state, p int) bool { return m.readSlowly(s, p, toBeat) },
	receives:        (*system).receive,
	hears:           (*system).hear,
	crashes:         (*system).crash,
}

// stepper tries steps out of one state.
type stepper struct {
	m     *system
	from  *state
	next  state
	yield func(*state, explore.Step, Invariant)
}

func (t *stepper) try(w what, who, arg int, done bool) {
	if done {
		t.m.finished(&t.next)
		if t.next != *t.from {
			broken := t.next.broken
			t.next.broken = 0
			t.yield(&t.next, explore.Step{Kind: uint8(w), Who: int8(who), Arg: int8(arg)}, broken)
		}
	}
	t.next = *t.from
}

// Steps calls yield with every state that one step leads to.
func (m *system) Steps(s *state, yield func(*state, explore.Step, Invariant)) {
	if !m.cfg.Ghosts && m.over(s) {
		return
	}
	t := &stepper{m, s, *s, yield}
	for p := range m.cfg.Processes {
		for w, do := range deeds {
			t.try(what(w), p, 0, do(m, &t.next, p))
		}
	}
	for sid := range m.sids {
		t.mail(uint8(sid + 1))
	}
	t.environment()
}

// mail tries everything that was sent for one session.
func (t *stepper) mail(sid uint8) {
	m, sent := t.m, t.from.sent[sid-1]
	for call := uint8(1); int(call) <= m.cfg.Calls; call++ {
		who, bit := ticket{sid, call}, uint8(1)<<call
		if sent.makes&bit != 0 {
			t.fates(makeArrives, who, true, func(s *state, f fate) bool { return m.acquire(s, who, true, f) })
		}
		if sent.asks&bit != 0 && sent.makes&bit == 0 {
			t.fates(acquireArrives, who, true, func(s *state, f fate) bool { return m.acquire(s, who, false, f) })
		}
		if sent.frees&bit != 0 {
			t.fates(releaseArrives, who, false, func(s *state, f fate) bool { return m.release(s, who, f) })
		}
	}
	if sent.ends {
		t.fates(endArrives, ticket{sid, 0}, false, func(s *state, f fate) bool { return m.endSession(s, sid, f) })
	}
	for from := range sent.beats {
		t.try(beatArrives, int(sid), int(from), m.beatArrives(&t.next, sid, from))
	}
	t.try(reaps, int(sid), 0, m.reap(&t.next, sid))
	t.try(interferes, int(sid), 0, m.interfere(&t.next, sid))
}

// fates tries a script in every way it can go.
func (t *stepper) fates(w what, who ticket, joins bool, do func(*state, fate) bool) {
	for turn := range int(t.from.queued) + 1 {
		for bits := range 4 {
			f := fate{turn, bits&1 > 0, bits&2 > 0}
			if f.join && !joins || f.deaf && !t.m.v.Withdraw {
				continue
			}
			t.try(w, int(who.sid), int(who.call)|turn<<2|bits<<5, do(&t.next, f))
		}
	}
}

// environment tries what nobody decides.
func (t *stepper) environment() {
	m := t.m
	for p := range m.cfg.Processes {
		t.try(founds, p, 0, m.found(&t.next, p))
		if !m.v.QuarantineReplayed && m.cfg.Leases == nil {
			break // one is as good as another
		}
	}
	for author := range m.cfg.Processes {
		t.try(opens, author, 0, m.sendOpening(&t.next, author))
		t.try(openingArrives, author, 0, t.from.opens&(1<<author) != 0 && m.opening(&t.next, uint8(author)))
	}
	t.fates(cleansUp, ticket{}, false, m.cleanup)
	t.try(forgets, -1, 0, m.flush(&t.next))
	t.try(evicts, -1, 0, m.evict(&t.next))
	t.try(ticksAway, -1, 0, m.tick(&t.next))
}
