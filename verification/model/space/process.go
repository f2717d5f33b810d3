package space

// begin begins a call: with a session, or with one that it makes.
func (m *system) begin(s *state, p int) bool {
	q := &s.procs[p]
	if q.stage != idle {
		return false
	}
	switch q.phase {
	case none:
		if int(q.sid) == m.cfg.Sessions {
			return false
		}
		q.phase, q.beat, q.trust, q.call = making, 0, 0, 0
	case making, live:
		if int(q.call) == m.cfg.Calls {
			return false
		}
	default:
		return false
	}
	q.stage = wanting
	q.call++
	m.ask(s, p)
	return true
}

// ask sends an acquire. It may make the session for as long as that was not seen.
func (m *system) ask(s *state, p int) {
	q := &s.procs[p]
	mail := &s.sent[m.sid(s, p)-1]
	if q.phase == making {
		mail.makes |= 1 << q.call
	} else {
		mail.asks |= 1 << q.call
	}
}

// retry sends again what was not answered: it matters to a mutant only.
func (m *system) retry(s *state, p int) bool {
	q := &s.procs[p]
	switch {
	case !m.v.AnchorAtRetry:
		return false
	case q.phase == making && q.trust > 0 && !m.v.MakingExact:
		q.trust = 0
	case q.sent && q.age > 0:
		q.age = 0
	default:
		return false
	}
	return true
}

// answered is shown the hash as it is, by the answer to an acquire.
func (m *system) answered(s *state, p int) bool {
	q := &s.procs[p]
	if q.stage != wanting || q.phase != making && q.phase != live && !m.v.Untrusted {
		return false
	}
	m.ask(s, p)
	return m.judgeAcquire(s, p, m.shown(s, p, toAcquire))
}

// shown is what an answer shows now.
func (m *system) shown(s *state, p int, kind uint8) answer {
	a := answer{kind: kind, session: s.beats[m.sid(s, p)-1]}
	if kind == toAcquire {
		if i := s.holder(m.ticket(s, p)); i >= 0 && a.session > 0 {
			a.term = s.seats[i].term
		}
	}
	return a
}

// judgeAcquire is what a process does with an answer to its acquire.
func (m *system) judgeAcquire(s *state, p int, a answer) bool {
	q := &s.procs[p]
	switch {
	case a.session == 0 && q.phase == live:
		m.lose(s, p)
		return true
	case a.session == 0:
		return false // not open, or not executed
	case q.phase == making:
		q.phase = live
		if m.v.AnchorAtAnswer && !m.v.MakingExact {
			q.trust = 0
		}
		m.accept(s, p, a.term)
		return true
	}
	return m.accept(s, p, a.term)
}

// accept begins the work, if it was granted.
func (m *system) accept(s *state, p int, term uint8) bool {
	q := &s.procs[p]
	if term == 0 || q.stage != wanting || q.phase != live && !m.v.Untrusted {
		return false
	}
	q.stage, q.term = working, term
	if term <= s.began && m.cfg.Seats == 1 {
		m.breaks(s, Terms)
	}
	s.began = max(s.began, term)
	return true
}

// hear receives a grant that was published.
func (m *system) hear(s *state, p int) bool {
	q := &s.procs[p]
	if q.push.term == 0 || q.push.call != q.call && !m.v.PushAnyCall {
		return false
	}
	if q.phase == making {
		q.phase = live // the session was made: the server has named it
	}
	if !m.accept(s, p, q.push.term) {
		return false
	}
	t := m.ticket(s, p)
	if i := s.holder(t); s.epoch == open && s.alive(t) && (i < 0 || s.seats[i].term != q.term) {
		m.breaks(s, FalsePush)
	}
	return true
}

// lose is told that the session is gone.
func (m *system) lose(s *state, p int) {
	q := &s.procs[p]
	if s.beats[m.sid(s, p)-1] == q.beat+1 {
		m.breaks(s, FalseLoss)
	}
	q.phase, q.sent, q.age = lost, false, 0
}

// giveUp no longer wants the lock.
func (m *system) giveUp(s *state, p int) bool {
	if s.procs[p].stage != wanting {
		return false
	}
	m.stop(s, p)
	return true
}

// finish is the work that returns.
func (m *system) finish(s *state, p int) bool {
	if s.procs[p].stage != working {
		return false
	}
	m.stop(s, p)
	return true
}

// stop ends a call: from now on it releases.
func (m *system) stop(s *state, p int) {
	q := &s.procs[p]
	q.stage, q.term = ending, 0
	if q.slow.kind == toAcquire {
		q.slow, q.floor = answer{}, 0
	}
	s.sent[m.sid(s, p)-1].frees |= 1 << q.call
}

// released is told that its release was executed: nothing of the call stands in the hash.
func (m *system) released(s *state, p int) bool {
	q := &s.procs[p]
	t := m.ticket(s, p)
	if q.stage != ending || s.holder(t) >= 0 || s.place(t) >= 0 {
		return false
	}
	q.stage = idle
	return true
}

// questioned is asked, while its call waits, whether it knows the call, and releases: a mutant.
func (m *system) questioned(s *state, p int) bool {
	q := &s.procs[p]
	bit := uint8(1) << q.call
	if !m.v.QuestionReleases || q.stage != wanting || s.sent[m.sid(s, p)-1].frees&bit != 0 {
		return false
	}
	s.sent[m.sid(s, p)-1].frees |= bit
	return true
}

// sendBeat sends the next beat.
func (m *system) sendBeat(s *state, p int) bool {
	q := &s.procs[p]
	if q.phase != live || q.sent || int(q.beat) == m.cfg.Beats {
		return false
	}
	q.sent, q.age = true, 0
	mail := &s.sent[m.sid(s, p)-1]
	mail.beats = max(mail.beats, q.beat+1)
	return true
}

// beaten is answered: the beat's answer shows the session as it is.
func (m *system) beaten(s *state, p int) bool {
	q := &s.procs[p]
	if !q.sent || q.phase != live {
		return false
	}
	return m.judgeBeat(s, p, m.shown(s, p, toBeat), q.beat)
}

// judgeBeat is what a process does with an answer to a beat.
func (m *system) judgeBeat(s *state, p int, a answer, floor uint8) bool {
	q := &s.procs[p]
	if m.v.FloorAtReceipt {
		floor = q.beat
	}
	switch {
	case a.session == 0 || a.session < floor+1:
		m.lose(s, p)
	case q.sent && a.session == q.beat+2:
		q.beat, q.sent = q.beat+1, false
		q.trust, q.age = q.age, 0
		if m.v.AnchorAtAnswer {
			q.trust = 0
		}
	default:
		return false
	}
	return true
}

// leave gives the session up, when no work of it runs.
func (m *system) leave(s *state, p int) bool {
	q := &s.procs[p]
	if q.phase == none || q.works() {
		return false
	}
	if q.phase < expired && q.stage != idle {
		return false
	}
	s.sent[m.sid(s, p)-1].ends = true
	if m.v.EndReused && q.phase == live {
		return true
	}
	q.forget()
	return true
}

// leaveEarly gives it up although a work runs: a mutant.
func (m *system) leaveEarly(s *state, p int) bool {
	q := &s.procs[p]
	if !m.v.EndEarly || q.phase != expired || !q.works() {
		return false
	}
	s.sent[m.sid(s, p)-1].ends = true
	return true
}

// forget is to have no session any more, and never that one again.
func (q *process) forget() {
	*q = process{sid: q.sid + 1}
}

// crash is a process that dies, and comes back knowing nothing. Its work dies with it, what it
// sent does not.
func (m *system) crash(s *state, p int) bool {
	q := &s.procs[p]
	if s.crashes == 0 || q.phase == none {
		return false
	}
	if m.cfg.Leases != nil && s.flushes < uint8(m.cfg.Flushes) {
		return false // nobody could tell it the lease that was lost, see known
	}
	s.crashes--
	s.knows[p] = m.own(p)
	q.forget()
	return true
}
