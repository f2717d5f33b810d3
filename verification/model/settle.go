package model

// quit no longer wants the grant it has asked for.
func (m *model[N]) quit(s *state[N], p int) bool {
	q := &s.procs[p]
	if q.mode != asking || s.quits == 0 {
		return false
	}
	s.quits--
	q.mode, q.age, q.slow, q.floor = settling, 0, record[N]{}, 0
	return true
}

// settled is what a process that settles its grant does with what it reads.
func (m *model[N]) settled(s *state[N], p int, r record[N]) {
	q := &s.procs[p]
	switch {
	case r.held() && m.mine(r, q.own):
		k := m.kept(q)
		k.mode, k.own = ending, r
		*q = k
	case r != q.obs:
		m.rejoin(s, p, r)
	default:
		m.sendSettling(s, r)
	}
}

// sendSettling replaces the bytes that a grant under way expects, so that it fails.
func (m *model[N]) sendSettling(s *state[N], r record[N]) {
	next := r.as(vacant)
	if r == nothing[N]() {
		next = record[N]{status: quarantined, term: s.last}
	}
	next.holder = 0
	if m.v.SettleForgetsPause {
		next.pause = none
	}
	for _, other := range s.net[:s.sent] {
		if other.expect == r && other.next.holder == 0 {
			return // one is enough
		}
	}
	var ok bool
	next.nonce, ok = m.nonce(s, next)
	if !ok || next.beat > 2*m.most || !s.send(packet[N]{expect: r, next: next}) {
		m.clip()
	}
}
