package space

// readSlowly has an answer on its way.
func (m *system) readSlowly(s *state, p int, kind uint8) bool {
	q := &s.procs[p]
	if !m.cfg.Slow || q.slow.kind > 0 || q.phase != making && q.phase != live {
		return false
	}
	if kind == toAcquire && q.stage != wanting || kind == toBeat && !q.sent {
		return false
	}
	a := m.shown(s, p, kind)
	if q.phase == making && a.session == 0 {
		return false // not open, or not executed
	}
	if kind == toAcquire {
		m.ask(s, p)
	}
	q.slow, q.floor = a, q.beat
	return true
}

// receive gets it.
func (m *system) receive(s *state, p int) bool {
	q := &s.procs[p]
	a, floor := q.slow, q.floor
	if a.kind == 0 {
		return false
	}
	q.slow, q.floor = answer{}, 0
	switch {
	case q.phase != making && q.phase != live:
	case a.kind == toAcquire && q.stage == wanting:
		m.judgeAcquire(s, p, a)
	case a.kind == toBeat:
		m.judgeBeat(s, p, a, floor)
	}
	return true
}
