package space

// What the server does, a script at a time. In a fate, turn says how many of the waiters in
// the queue are passed over since nobody listens for them; join whether who does not get the
// lock waits for it.
type fate struct {
	turn int
	join bool
	deaf bool // the reply of the publication is 0 although the message arrives
}

// tidy drops what sessions that are gone have left behind.
func (m *system) tidy(s *state) {
	for i := range s.seats[:m.cfg.Seats] {
		if !s.alive(s.seats[i].who) {
			s.seats[i] = seat{}
		}
	}
	for i := int(s.queued) - 1; i >= 0; i-- {
		if w := s.queue[i]; !s.alive(w) || s.holder(w) >= 0 {
			s.unqueue(i)
		}
	}
}

// free returns the lowest seat that nobody holds, or -1.
func (m *system) free(s *state) int {
	for i := range s.seats[:m.cfg.Seats] {
		if s.seats[i].who == (ticket{}) {
			return i
		}
	}
	return -1
}

// grant gives a seat away, under a term that is above every earlier one.
func (m *system) grant(s *state, i int, to ticket) uint8 {
	term := s.last + 1
	if !m.v.TermRestarts {
		term = s.highest() + 1
	}
	s.seats[i], s.last = seat{to, term}, term
	return term
}

// fill gives a free seat to the waiter whose turn it is, or to the asker. It says whether the
// fate is one that can be.
func (m *system) fill(s *state, asker ticket, f fate) bool {
	i := m.free(s)
	if i < 0 || s.queued == 0 && asker == (ticket{}) {
		return f.turn == 0 && !f.deaf
	}
	if f.turn > int(s.queued) {
		return false
	}
	for _, w := range s.queue[:f.turn] {
		if w == asker {
			return false // who asks needs no listener
		}
	}
	if f.turn == int(s.queued) {
		if asker != (ticket{}) {
			m.grant(s, i, asker)
		}
		return !f.deaf
	}
	to := s.queue[f.turn]
	s.unqueue(f.turn)
	term := m.grant(s, i, to)
	if to == asker {
		return !f.deaf
	}
	m.publish(s, to, term)
	if f.deaf {
		s.seats[i] = seat{} // a mutant
	}
	return true
}

// publish lets the owner of a session receive a grant, at any later time.
func (m *system) publish(s *state, to ticket, term uint8) {
	if to.sid > uint8(m.sids) {
		return
	}
	p := &s.procs[m.owner(to.sid)]
	if m.sid(s, m.owner(to.sid)) == to.sid {
		p.push = push{to.call, term}
	}
}

// acquire is the script of that name.
func (m *system) acquire(s *state, t ticket, makes bool, f fate) bool {
	if s.epoch != open && (s.epoch != absent || !m.v.AbsenceOpen) {
		return false
	}
	if !s.alive(t) {
		if !makes && !m.v.AcquireRemakes || m.tooLong(s, t) {
			return false
		}
		s.beats[t.sid-1] = 1
	}
	m.tidy(s)
	if s.holder(t) >= 0 {
		return f == fate{}
	}
	if !m.fill(s, t, f) {
		return false
	}
	if s.holder(t) >= 0 || s.place(t) >= 0 {
		return !f.join
	}
	if f.join {
		if s.queued == maxQueue {
			return m.clip()
		}
		s.queue[s.queued] = t
		s.queued++
	}
	return true
}

// release is the script of that name, for one call.
func (m *system) release(s *state, t ticket, f fate) bool {
	i := s.holder(t)
	if m.v.ReleaseAnyones && s.seats[0].who != (ticket{}) {
		i = 0
	}
	at := s.place(t)
	if i < 0 && at < 0 {
		return false
	}
	if i >= 0 {
		s.seats[i] = seat{}
	}
	if at >= 0 {
		s.unqueue(at)
	}
	m.tidy(s)
	return m.fill(s, ticket{}, f)
}

// endSession is release for a whole session.
func (m *system) endSession(s *state, sid uint8, f fate) bool {
	if s.beats[sid-1] == 0 {
		return false
	}
	s.beats[sid-1] = 0
	m.tidy(s)
	return m.fill(s, ticket{}, f)
}

// cleanup is the script of that name. It expects nothing, so a late one is as good as any.
func (m *system) cleanup(s *state, f fate) bool {
	m.tidy(s)
	return m.fill(s, ticket{}, f)
}

// beatArrives is the script of that name, from one beat to the next.
func (m *system) beatArrives(s *state, sid, from uint8) bool {
	at := &s.beats[sid-1]
	switch {
	case *at == from+1:
	case *at == 0 && m.v.BeatRemakes:
	case *at > 0 && m.v.BeatAnything:
	default:
		return false
	}
	*at = from + 2
	return true
}

// flush loses the hash.
func (m *system) flush(s *state) bool {
	if s.flushes == 0 || s.epoch == absent || !m.known(s) {
		return false
	}
	s.flushes--
	s.lose()
	return true
}

func (s *state) lose() {
	s.epoch, s.author, s.lease, s.queued, s.last = absent, 0, Short, 0, 0
	s.beats, s.seats, s.queue = [spare + 1]uint8{}, [maxSeats]seat{}, [maxQueue]ticket{}
}

// evict loses one seat alone: in a mutant that keeps it in a key of its own.
func (m *system) evict(s *state) bool {
	if !m.v.KeyEach || s.flushes == 0 || s.seats[0].who == (ticket{}) {
		return false
	}
	s.flushes--
	s.seats[0] = seat{}
	return true
}

// interfere is a stranger that writes the next beat of a session: a mutant.
func (m *system) interfere(s *state, sid uint8) bool {
	if !m.v.StrangerBeats || s.strangers == 0 || s.beats[sid-1] == 0 || s.beats[sid-1] > uint8(m.cfg.Beats) {
		return false
	}
	s.strangers--
	s.beats[sid-1]++
	return true
}
