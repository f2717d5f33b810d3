package model

// pause says whether an election is paused, in a word of its record that whatever follows
// keeps. Whoever is elected meanwhile leads, and does not begin to work.
type pause uint8

const (
	none    pause = iota
	timed         // until a time, which may have come at any moment
	lasting       // until somebody ends it
)

// pauses is somebody pausing an election, changing its pause or ending it. Nobody but the
// leader changes a D, or the record of a leader whose work runs.
func (m *model[N]) pauses(s *state[N], to pause, fate int) bool {
	r := s.reg
	if s.pauses == 0 || to == r.pause {
		return false
	}
	switch r.status {
	case led:
		r = m.steered(r)
	case vacant:
		r = r.next()
	case quarantined:
		r = r.next()
		r.holder = 0
		var ok bool
		if r.nonce, ok = m.nonce(s, r); !ok {
			return m.clip()
		}
	default:
		return false
	}
	if r.beat > 2*m.most {
		return m.clip()
	}
	s.pauses--
	r.pause = to
	return m.put(s, r, fate)
}

// steered is the record of a leader as somebody else changes its pause: if its work runs,
// the leader is asked to step down.
func (m *model[N]) steered(r record[N]) record[N] {
	switch {
	case r.pause == none:
		return m.foreign(r, asked)
	case m.v.ResumesEven:
		return m.ownBeat(r)
	}
	return m.foreign(r, led)
}

// copied is the pause that a grant copies; one whose time is over is left out.
func (m *model[N]) copied(r record[N], over bool) pause {
	if m.v.PauseDropped || over && r.pause == timed {
		return none
	}
	return r.pause
}

// start is a leader of a paused election beginning to work, its record saying nothing of a
// pause any more.
func (m *model[N]) start(s *state[N], p int) bool {
	q := &s.procs[p]
	if !q.holds || !m.v.StartsLate && q.mode != working {
		return false
	}
	if q.own.pause != none && !m.v.StartsLate {
		if !m.v.StartsPaused {
			return false
		}
		m.breaks(s, WorksPaused)
	}
	q.holds = false
	return true
}

// ownBeat is a record as its leader beats: it adds 2 to an even number, which is its own,
// and 3 to an odd one, which is somebody else's. So its numbers are even, and none is sent
// twice: nobody has seen what a leader sends before it was first sent.
func (m *model[N]) ownBeat(r record[N]) record[N] {
	switch {
	case m.plain():
		return r.next()
	case r.beat%2 == 1:
		return r.next().next().next()
	}
	return r.next().next()
}

// nextBeat is the record that the beat under way writes.
func (m *model[N]) nextBeat(q *process[N]) record[N] {
	r := m.ownBeat(q.own)
	if q.drops {
		r.pause = none
	}
	return r
}

// foreign is a held record as somebody else than its leader writes it, with the next odd
// number.
func (m *model[N]) foreign(r record[N], s status) record[N] {
	if !m.plain() && r.beat%2 == 1 {
		r = r.next()
	}
	return r.as(s)
}

// others says that a record may be what somebody else wrote over a leader's.
func (m *model[N]) others(r record[N]) bool { return r.beat%2 == 1 || m.plain() }

// plain says that beats are counted one by one, whoever writes them.
func (m *model[N]) plain() bool { return m.v.CountsPlain || m.v.BareIncr }
