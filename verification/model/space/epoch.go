package space

// found writes a quarantine onto absence. Who does it has looked, or long ago: it makes no
// difference, since the server makes the bytes unique.
func (m *system) found(s *state, p int) bool {
	if s.epoch != absent || m.v.AbsenceOpen {
		return false
	}
	s.epoch = quarantined
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

// sendOpening opens a space that was quarantined for a lease. The request takes effect where it is
// decided: a late one would expect bytes that are gone.
func (m *system) sendOpening(s *state, author int) bool {
	if s.waits[author] <= leaseTicks {
		return false
	}
	if m.lateOpenings() {
		s.opens |= 1 << author
		return true
	}
	return m.opening(s, uint8(author))
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
	ripe := !m.matters(s, sid) || s.ages[sid-1][at-1] > leaseTicks
	for _, age := range s.ages[sid-1] {
		ripe = ripe || m.v.ReapAnything && age > leaseTicks
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
