package model

// What is left of a term that was given up: a beat that lands late makes everybody
// wait a lease for a leader that is gone. So a process that sees the held record of
// its own former term releases it. It adopts nothing: the work has ended, and exactly
// the bytes that it was shown become vacant.

// kept is what outlives whatever a process is about.
func (m *model[N]) kept(q *process[N]) process[N] {
	k := process[N]{knows: q.knows, seen: q.seen, former: q.former, doubt: q.doubt}
	if m.cfg.Former && q.mode >= working && q.own.status != unknown {
		k.former, k.doubt = record[N]{status: led, term: q.own.term, holder: q.own.holder, nonce: q.own.nonce}, false
	}
	return k
}

// doubt forgets the former term when an answer shows anything but its held record: if
// that is seen again, the server went back to it, and somebody else may work.
func (m *model[N]) doubt(q *process[N], r record[N]) {
	switch {
	case q.former.status == unknown || r.held() && r.sameGrant(q.former):
	case m.v.FormerAnyway:
		q.doubt = true
	default:
		q.former = record[N]{}
	}
}

// clearUp sends the release of what is left of a former term. It may arrive late,
// like every packet.
func (m *model[N]) clearUp(s *state[N], p int) bool {
	q := &s.procs[p]
	if q.mode != idle || q.former.status == unknown || !q.obs.held() || !q.obs.sameGrant(q.former) {
		return false
	}
	return s.send(packet[N]{expect: q.obs, next: q.obs.as(vacant)}) || m.clip()
}

// save chooses the present record as the one that the server goes back to.
func (m *model[N]) save(s *state[N]) bool {
	if s.reverts == 0 || s.saved.status != unknown || !s.reg.held() {
		return false
	}
	s.saved = s.reg
	return true
}

// goBack takes the server to the record chosen. Who waits begins anew, and what was
// under way is lost: only the question of who may release that record is left.
func (m *model[N]) goBack(s *state[N]) bool {
	if s.saved.status == unknown || s.saved == s.reg || !m.over(s) {
		return false
	}
	s.reverts--
	s.reg, s.saved = s.saved, record[N]{}
	clear(s.net[:s.sent])
	s.sent = 0
	clear(s.push[:])
	for p := range s.procs[:m.cfg.Processes] {
		q := &s.procs[p]
		q.slow, q.floor = record[N]{}, 0
		if q.mode <= asking || q.mode == settling {
			*q = m.kept(q)
		}
	}
	return true
}

// over says whether the record chosen is of a term whose leader was shown its end, or
// has died.
func (m *model[N]) over(s *state[N]) bool {
	for p := range s.procs[:m.cfg.Processes] {
		q := &s.procs[p]
		if q.own.sameGrant(s.saved) && q.mode != idle && q.mode != lost {
			return false
		}
		if q.former.sameGrant(s.saved) && !q.doubt {
			return m.v.BackUnseen
		}
	}
	return true
}

// reduceFormer forgets a former term of which no record can be seen any more.
func (m *model[N]) reduceFormer(s *state[N], live uint16) {
	for p := range s.procs[:m.cfg.Processes] {
		q := &s.procs[p]
		if q.former.status != unknown && !m.leaves(s, q.former, live) {
			q.former, q.doubt = record[N]{}, false
		}
	}
	if s.reverts == 0 {
		s.saved = record[N]{}
	}
}

// leaves says whether a held record of a grant stands, or may come.
func (m *model[N]) leaves(s *state[N], grant record[N], live uint16) bool {
	is := func(r record[N]) bool { return r.held() && r.sameGrant(grant) }
	if is(s.reg) || is(s.saved) || is(s.push[0]) || is(s.push[1]) {
		return true
	}
	for i, p := range s.net[:s.sent] {
		if live&(1<<i) != 0 && is(p.next) {
			return true
		}
	}
	return false
}
