package space

// found writes a quarantine onto absence. Who does it has looked, or long ago: so its lease may
// be the author's own, whatever that knows by now.
func (m *system) found(s *state, p int) bool {
	if s.epoch != absent || m.v.AbsenceOpen {
		return false
	}
	s.epoch, s.lease = quarantined, m.own(p)
	if m.v.NoQuarantine {
		s.epoch = open
	}
	if m.v.QuarantineReplayed {
		s.author = uint8(p)
	}
	if s.waits[s.author] == 0 {
		s.waits[s.author] = 1
	}
	return true
}

// learn shows a process the epoch.
func (m *system) learn(s *state, p int) bool {
	if s.epoch == absent || s.knows[p] >= s.lease {
		return false
	}
	s.knows[p] = s.lease
	return true
}

// lengthen replaces an epoch whose lease is shorter than one that the process knows of. A
// quarantine is waited for anew.
func (m *system) lengthen(s *state, p int) bool {
	if s.epoch == absent || s.lease >= s.knows[p] || m.v.LeaseUnmet && s.epoch == open {
		return false
	}
	s.lease = s.knows[p]
	if s.epoch == quarantined {
		s.waits[s.author] = 1
	}
	return true
}

// tooLong says whether a session has a longer lease than the epoch, and may not be made.
func (m *system) tooLong(s *state, t ticket) bool {
	return !m.v.LeaseUnmet && int(t.sid) <= m.sids && m.own(m.owner(t.sid)) > s.lease
}

// known says whether everybody knows the lease that the epoch has. The protocol assumes that
// it was not changed in the outage that loses the hash.
func (m *system) known(s *state) bool {
	for p := range m.cfg.Processes {
		if s.knows[p] < s.lease {
			return false
		}
	}
	return true
}

// sendOpening opens a space that was quarantined for its lease. The request takes effect where it is
// decided: a late one would expect bytes that are gone. Somebody must be there to send it who knows
// of no longer lease.
func (m *system) sendOpening(s *state, author int) bool {
	if s.waits[author] <= s.lease.ticks().lease || !m.anybodyOpens(s) {
		return false
	}
	if m.lateOpenings() {
		s.opens |= 1 << author
		return true
	}
	return m.opening(s, uint8(author))
}

func (m *system) anybodyOpens(s *state) bool {
	for p := range m.cfg.Processes {
		if s.knows[p] <= s.lease || m.v.NoLengthen {
			return true
		}
	}
	return false
}

// lateOpenings says whether an opening may do something long after it was sent.
func (m *system) lateOpenings() bool { return m.v.QuarantineReplayed || m.v.OpenAnything }

// opening is the script found, from a quarantine to an open space.
func (m *system) opening(s *state, author uint8) bool {
	if s.epoch != quarantined || s.author != author && !m.v.OpenAnything {
		return false
	}
	s.epoch, s.author = open, 0
	return true
}

// reap removes a session whose bytes a judge has watched for a lease. Anybody may judge, so
// there is one who has received the bytes when they were first there, and has not looked
// since. The session of an owner that has no work and will not have one in it may be reaped
// at any time: nothing depends on it.
func (m *system) reap(s *state, sid uint8) bool {
	at := s.beats[sid-1]
	if at == 0 {
		return false
	}
	lease := m.own(m.owner(sid)).ticks().lease
	if m.v.OwnLease {
		lease = Short.ticks().lease
	}
	ripe := !m.matters(s, sid) || s.ages[sid-1][at-1] > lease
	for _, age := range s.ages[sid-1] {
		ripe = ripe || m.v.ReapAnything && age > lease
	}
	if !ripe {
		return false
	}
	s.beats[sid-1] = 0
	return true
}

// matters says whether the owner of a session may work in it, now or later.
func (m *system) matters(s *state, sid uint8) bool {
	p := m.owner(sid)
	return s.procs[p].phase != none && m.sid(s, p) == sid
}
