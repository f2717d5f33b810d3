package model

// look reads the register and has the answer at once.
func (m *model[N]) look(s *state[N], p int) bool {
	if s.procs[p].mode == lost {
		return false
	}
	m.judge(s, p, s.reg, s.procs[p].own.beat)
	return true
}

// watch is what an idle process does with a record it is shown.
func (m *model[N]) watch(s *state[N], p int, r record[N]) {
	q := &s.procs[p]
	if m.v.AdoptByName && r.status == led && r.holder == m.me(p) {
		*q = process[N]{mode: working, own: r, knows: q.knows}
		return
	}
	if r == nothing[N]() && !m.v.GrantOnAbsence {
		r = record[N]{} // from here it can only quarantine, which looks for itself
	}
	if r != q.obs {
		q.obs, q.wait = r, 0
	}
	q.age, q.heard = 0, false
	q.last = 0
	if q.obs.status != unknown {
		q.last = s.last
	}
	m.learn(q, r)
}

// learn keeps what outlives the record.
func (m *model[N]) learn(q *process[N], r record[N]) {
	if r.status < led {
		return
	}
	q.knows = max(q.knows, r.lease)
	q.seen = m.v.Immediate
}

// quarantine looks, sees nothing, and sends a Q.
func (m *model[N]) quarantine(s *state[N], p int) bool {
	q := &s.procs[p]
	if q.mode != idle || s.reg != nothing[N]() || m.v.GrantOnAbsence {
		return false
	}
	for _, other := range s.net[:s.sent] {
		if other.expect == nothing[N]() && other.next.holder == m.me(p) {
			return false // one at a time
		}
	}
	next := record[N]{status: quarantined, term: s.last + m.gap, holder: m.me(p), lease: q.knows}
	if m.v.TermRestarts {
		next.term = 0
	}
	var ok bool
	if next.nonce, ok = m.nonce(s, next); !ok {
		return m.clip()
	}
	m.forget(q)
	request := packet[N]{expect: nothing[N](), next: next}
	if m.v.Quarantine == Expiring {
		request.left = m.ticks[Short].lease
	}
	return s.send(request) || m.clip()
}

// forget is to know of no record.
func (m *model[N]) forget(q *process[N]) {
	*q = m.kept(q)
}

// lengthen replaces a Q that waits too short a lease.
func (m *model[N]) lengthen(s *state[N], p int) bool {
	q := &s.procs[p]
	if q.mode != idle || s.reg.status != quarantined || q.obs != s.reg || !m.tooShort(q, p) {
		return false
	}
	next := s.reg.next()
	next.lease, next.holder = q.knows, m.me(p)
	var ok bool
	if next.nonce, ok = m.nonce(s, next); !ok {
		return m.clip()
	}
	m.watch(s, p, next)
	return m.put(s, next, 0)
}

// grant sends a grant on the bytes whose evidence is old enough.
func (m *model[N]) grant(s *state[N], p int) bool { return m.granting(s, p, false) }

// grantAfter is the same, the time of a pause being over.
func (m *model[N]) grantAfter(s *state[N], p int) bool {
	return s.procs[p].obs.pause == timed && m.granting(s, p, true)
}

func (m *model[N]) granting(s *state[N], p int, over bool) bool {
	q := &s.procs[p]
	if q.mode != idle || s.grants >= uint8(m.cfg.Terms) && !s.healing {
		return false
	}
	expect := q.obs
	if m.v.Immediate && !q.seen && s.reg == nothing[N]() {
		expect, q.last = nothing[N](), s.last
	} else if !m.ripe(q, p) {
		return false
	}
	if m.v.FreshLook && s.reg != nothing[N]() {
		expect, q.last = s.reg, s.last
	}
	next := record[N]{status: led, term: max(q.last, expect.term) + 1, holder: m.me(p), lease: m.own(p), pause: m.copied(expect, over)}
	if m.v.TermRestarts || m.v.HastyPush && q.heard {
		next.term = expect.term + 1
	}
	return m.askFor(s, q, expect, next)
}

func (m *model[N]) askFor(s *state[N], q *process[N], expect, next record[N]) bool {
	var ok bool
	if next.nonce, ok = m.nonce(s, next); !ok || next.term > m.most {
		return m.clip()
	}
	request := packet[N]{expect: expect, next: next}
	if m.v.SwapTakeover {
		request.kind = swap
	}
	k := m.kept(q)
	k.mode, k.obs, k.own = asking, expect, next
	*q = k
	return s.send(request) || m.clip()
}

// nonce returns a nonce that makes the record's bytes new.
func (m *model[N]) nonce(s *state[N], r record[N]) (N, bool) {
	if m.v.NonceReused {
		return 0, true
	}
	return s.fresh(r.term, r.holder)
}

// ripe says whether what a process watches may be granted from.
func (m *model[N]) ripe(q *process[N], p int) bool {
	if q.heard && q.age >= m.ticks[q.obs.lease].lease && !m.v.HastyPush && !m.v.LookOverdue {
		return false // a look has been due for long
	}
	wait := m.ticks[q.obs.lease].lease
	if m.v.OwnLease {
		wait = m.ticks[m.own(p)].lease
	}
	switch q.obs.status {
	case vacant:
		return true
	case led, absent:
		return q.wait >= wait
	case asked:
		return q.wait >= wait && !m.v.AskedForEver
	case quarantined:
		return q.wait >= wait && !m.tooShort(q, p)
	}
	return false
}

// tooShort says whether the Q that a process watches must be lengthened first.
func (m *model[N]) tooShort(q *process[N], p int) bool {
	if m.v.LengthenSeen && q.knows == m.own(p) {
		return false // it has seen none that is longer
	}
	return q.obs.lease < q.knows && !m.v.NoLengthen
}

// retry sends a request again. Sending the same bytes again changes nothing
// here: a packet may arrive repeatedly. So only the mutants have this step.
func (m *model[N]) retry(s *state[N], p int) bool {
	q := &s.procs[p]
	switch {
	case m.v.AnchorAtRetry && (q.mode == asking || q.sent):
		q.age = 0
		return true
	case m.v.TermRecomputed && q.mode == asking && q.own.term <= q.obs.term+1:
		q.own.term++
		q.age = 0
		return s.send(packet[N]{expect: q.obs, next: q.own}) || m.clip()
	}
	return false
}

// asked is what a candidate does with an answer to its grant.
func (m *model[N]) asked(s *state[N], p int, r record[N]) {
	q := &s.procs[p]
	switch {
	case r.held() && m.mine(r, q.own):
		m.accept(q, r)
	case r != q.obs:
		m.rejoin(s, p, r)
	}
}

// accept takes leadership, or releases it if the answer came too late.
func (m *model[N]) accept(q *process[N], r record[N]) {
	slow, floor := q.slow, q.floor
	k := m.kept(q)
	k.own, k.trust, k.holds = r, q.age, r.pause != none
	*q = k
	if m.v.EarlyAnswers {
		q.slow, q.floor = slow, floor
	}
	if m.v.AnchorAtReply {
		q.trust = 0
	}
	switch {
	case q.trust >= m.ticks[r.lease].trust:
		q.mode, q.trust, q.holds = ending, 0, false
	case r.status == asked:
		q.mode = draining
	default:
		q.mode = working
	}
}

// mine says whether a record is of the grant that a process holds.
func (m *model[N]) mine(r, own record[N]) bool {
	if m.v.TermRecomputed {
		r.term = own.term
	}
	return r.sameGrant(own)
}

// rejoin goes back to watching, with what was last seen.
func (m *model[N]) rejoin(s *state[N], p int, r record[N]) {
	q := &s.procs[p]
	*q = m.kept(q)
	m.watch(s, p, r)
}
