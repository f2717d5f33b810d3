package model

// reduce forgets what cannot matter any more: packets whose expected bytes will
// never be in the register again, and, in idle processes, bytes of that kind that
// are watched. What can be in the register again is what is there, nothing if
// memory may be lost, and what a packet that is not dead itself would write.
// Everything that is sent later has a fresh nonce.
func (m *model[N]) reduce(s *state[N]) {
	if m.dead && m.stale {
		return
	}
	live := m.live(s)
	if !m.stale {
		for i := range s.procs[:m.cfg.Processes] {
			q := &s.procs[i]
			if q.mode == idle && q.obs.status != unknown && !m.returns(s, q.obs, live) {
				m.forget(q)
			}
		}
	}
	m.reduceFormer(s, live)
	for i := s.sent; i > 0 && !m.dead; i-- {
		if live&(1<<(i-1)) == 0 {
			s.unsend(i - 1)
		}
	}
}

// live returns the packets that are not dead, as bits.
func (m *model[N]) live(s *state[N]) (live uint16) {
	for again := true; again; {
		again = false
		for i, p := range s.net[:s.sent] {
			if live&(1<<i) == 0 && m.returns(s, p.expect, live) {
				live |= 1 << i
				again = true
			}
		}
	}
	return live
}

// returns says whether a record is in the register or may be again, given that
// these packets are live.
func (m *model[N]) returns(s *state[N], r record[N], live uint16) bool {
	if r == s.reg || r == nothing[N]() && s.flushes > 0 {
		return true
	}
	for i, p := range s.net[:s.sent] {
		if live&(1<<i) == 0 || p.next != r {
			continue
		}
		if p.expect != nothing[N]() || m.v.Quarantine != Stamped {
			return true
		}
	}
	return false
}
