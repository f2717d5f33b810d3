package model

// fates are the ways a published record can go: unheard, or into one of the
// places for those under way.
func (m *model[N]) fates() int { return 1 + m.cfg.Pushes }

// arrive lets the i-th packet reach the server.
func (m *model[N]) arrive(s *state[N], i, fate int) bool {
	p := s.net[i]
	next, hit := effect(p, s.reg)
	if !hit {
		return false
	}
	if p.expect == nothing[N]() && next.status == quarantined && m.v.Quarantine == Stamped {
		var ok bool
		if next.nonce, ok = s.fresh(next.term, next.holder); !ok {
			return m.clip()
		}
	}
	if m.once(p) {
		s.unsend(uint8(i))
	}
	expected := p.expect
	if p.kind == incr || p.kind == drop || p.kind == byName {
		expected.beat = s.reg.beat // these compare less than the bytes, or nothing
	}
	if s.reg != expected {
		m.breaks(s, Clobber)
	}
	if s.reg.pause == lasting && next.pause == none && next != nothing[N]() {
		m.breaks(s, Unpaused)
	}
	return m.put(s, next, fate)
}

// effect is what a packet makes of the register's contents, if anything.
func effect[N number](p packet[N], reg record[N]) (next record[N], hit bool) {
	switch p.kind {
	case cas:
		return p.next, reg == p.expect
	case swap:
		return p.next, reg != p.next
	case incr:
		return reg.next(), reg != nothing[N]() && reg.beat < 7
	case drop:
		return nothing[N](), reg != nothing[N]()
	case byName:
		return reg.as(vacant), reg.held() && reg.holder == p.next.holder
	}
	return reg, false
}

// once says whether a packet is gone when it has arrived.
func (m *model[N]) once(p packet[N]) bool {
	return p.kind == incr || p.kind == drop || p.expect == nothing[N]() && m.v.Quarantine == Once
}

// put writes a record and publishes it. Fate 0: nobody will hear.
func (m *model[N]) put(s *state[N], next record[N], fate int) bool {
	before := s.reg
	s.reg = next
	sameTerm := before.held() && next.sameGrant(before)
	if next.held() && !sameTerm {
		m.granted(s, next)
	}
	if next.status == vacant && before.held() {
		for i := range s.procs[:m.cfg.Processes] {
			p := &s.procs[i]
			if p.works() && p.mode != lost && p.own.sameGrant(before) {
				m.breaks(s, EarlyRelease)
			}
		}
	}
	return m.published(s, next, fate)
}

// granted keeps the order of the grants, and the highest term.
func (m *model[N]) granted(s *state[N], r record[N]) {
	if r.term <= s.last {
		m.breaks(s, Terms)
	}
	s.last = max(s.last, r.term)
	if m.cfg.Fenced && s.grants < maxGrants {
		s.order[s.grants] = r.term
	}
	s.grants = min(s.grants+1, maxGrants)
}

// published keeps a record for whoever may hear it, in the place of another if
// there is one.
func (m *model[N]) published(s *state[N], r record[N], fate int) bool {
	if fate == 0 {
		return true
	}
	if r == nothing[N]() || r == s.push[0] || r == s.push[1] {
		return false
	}
	if fate == 2 && s.push[0].status == unknown {
		return false // the first place is taken first
	}
	s.push[fate-1] = r
	return true
}

// ask lets somebody's request to step down reach the server. How long it took
// does not matter: it replaces exactly the bytes it was made for.
func (m *model[N]) ask(s *state[N], fate int) bool {
	if s.asks == 0 || s.reg.status != led {
		return false
	}
	s.asks--
	if m.v.StepDownVacates {
		return m.put(s, s.reg.as(vacant), fate)
	}
	return m.put(s, m.foreign(s.reg, asked), fate)
}

// flush loses the register's contents.
func (m *model[N]) flush(s *state[N]) bool {
	if s.flushes == 0 || s.reg == nothing[N]() || !m.known(s) {
		return false
	}
	s.flushes--
	s.reg = nothing[N]()
	return true
}

// known says whether everybody knows the lease that would be lost. The protocol
// assumes that a name's lease is not changed in the outage that loses its record.
func (m *model[N]) known(s *state[N]) bool {
	for i := range m.cfg.Leases {
		if s.procs[i].knows < s.reg.lease {
			return false
		}
	}
	return true
}

// write lets a write that belongs to the g-th grant reach the fenced resource.
// Its holder may have sent it at any time since, or be long dead.
func (m *model[N]) write(s *state[N], g int) bool {
	if s.wrote > 0 && s.order[g] < s.order[s.wrote-1] && !m.v.Unfenced {
		return false
	}
	if g+1 < int(s.wrote) {
		m.breaks(s, Fence)
	}
	s.wrote = uint8(g + 1)
	return true
}
