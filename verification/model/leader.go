package model

// judge is what a process does with an answer that shows r. When its request
// left, floor was the beat it had had confirmed.
func (m *model[N]) judge(s *state[N], p int, r record[N], floor N) {
	q := &s.procs[p]
	m.learn(q, r)
	defer m.doubt(q, r)
	switch q.mode {
	case idle:
		m.watch(s, p, r)
	case asking:
		m.asked(s, p, r)
	case settling:
		m.settled(s, p, r)
	case ending:
		if !r.held() || !m.mine(r, q.own) {
			m.rejoin(s, p, r)
			return
		}
		q.own = r
	default:
		m.answered(s, p, r, floor)
	}
}

// answered is what a leader does with an answer: it judges the record.
func (m *model[N]) answered(s *state[N], p int, r record[N], floor N) {
	q := &s.procs[p]
	if m.v.FloorAtReceipt {
		floor = q.own.beat
	}
	switch {
	case !r.held() || !m.mine(r, q.own) || r.beat < floor,
		m.v.CodeJudged && r != q.own && r != m.nextBeat(q):
		m.lose(s, p, r)
	case q.sent && r == m.nextBeat(q), m.v.ConfirmsOthers && q.sent && r.beat > q.own.beat:
		m.confirm(q, r)
	case r.beat > q.own.beat && m.others(r): // somebody else's, on top of what was confirmed or of what is under way
		q.own, q.sent, q.drops, q.age = r, false, false, 0
		if q.mode == working && (r.status == asked || r.pause != none && !q.holds) {
			q.mode = draining
		}
	}
}

// confirm takes the answer to a beat. The anchor is where the beat was first
// sent; a process that has expired gets nothing back.
func (m *model[N]) confirm(q *process[N], r record[N]) {
	q.own, q.sent, q.drops = r, false, false
	if q.mode != expired {
		q.trust = q.age
		if m.v.AnchorAtReply {
			q.trust = 0
		}
	}
	q.age = 0
}

// lose gives up leadership that is gone. The work has its grace from now, or from
// the end of trust if that came first; none if somebody else leads.
func (m *model[N]) lose(s *state[N], p int, r record[N]) {
	q := &s.procs[p]
	if s.reg.held() && s.reg.sameGrant(q.own) {
		m.breaks(s, FalseLoss)
	}
	if r.held() || r.status == vacant || q.holds {
		m.rejoin(s, p, r)
		return
	}
	t := m.ticks[q.own.lease]
	k := m.kept(q)
	k.mode, k.own, k.trust = lost, record[N]{lease: q.own.lease}, max(q.trust, t.trust)
	*q = k
}

// beat sends the next beat, while the work has not ended.
func (m *model[N]) beat(s *state[N], p int) bool { return m.beats(s, p, false) }

// beatAfter is a beat that takes out the pause, its time being over.
func (m *model[N]) beatAfter(s *state[N], p int) bool {
	q := &s.procs[p]
	return q.own.pause == timed && q.own.status == led && m.beats(s, p, true)
}

func (m *model[N]) beats(s *state[N], p int, drops bool) bool {
	q := &s.procs[p]
	limit, done := N(m.cfg.Beats)+N(m.cfg.Pauses)-N(s.pauses), q.own.beat/2
	if m.plain() {
		done = q.own.beat
		if q.own.status == asked {
			limit++
		}
	}
	if q.mode < working || q.mode > expired || q.sent || done >= limit {
		return false
	}
	q.sent, q.age, q.drops = true, 0, drops
	request := packet[N]{expect: q.own, next: m.nextBeat(q)}
	if request.next.beat > 2*m.most {
		return m.clip()
	}
	if m.v.BareIncr {
		request.kind = incr
	}
	return s.send(request) || m.clip()
}

// publish is the mutant that publishes a beat by itself, before it is sent.
func (m *model[N]) publish(s *state[N], p int) bool {
	q := &s.procs[p]
	if !m.v.PublishSeparate || q.mode != working || q.sent {
		return false
	}
	return m.published(s, m.nextBeat(q), 1)
}

// readSlowly has a request answered, and the answer takes its time. An answer
// that was on its way is lost.
func (m *model[N]) readSlowly(s *state[N], p int) bool {
	q := &s.procs[p]
	if !m.cfg.Slow || q.mode != asking && q.mode != working && q.mode != draining {
		return false
	}
	q.slow, q.floor = s.reg, 0
	if q.mode != asking {
		q.floor = q.own.beat
	}
	return true
}

// receive has the answer arrive.
func (m *model[N]) receive(s *state[N], p int) bool {
	q := &s.procs[p]
	r, floor := q.slow, q.floor
	if r.status == unknown {
		return false
	}
	q.slow, q.floor = record[N]{}, 0
	m.judge(s, p, r, floor)
	return true
}

// leave ends the work of its own will, or because it was asked to. The work
// takes its time and leadership is kept.
func (m *model[N]) leave(s *state[N], p int) bool {
	q := &s.procs[p]
	if q.mode != working {
		return false
	}
	q.mode = draining
	return true
}

// end is the work having ended.
func (m *model[N]) end(s *state[N], p int) bool {
	q := &s.procs[p]
	switch q.mode {
	case working, draining, expired:
		m.stop(q)
	case lost:
		*q = m.kept(q)
	default:
		return false
	}
	return true
}

// stop goes from work that has ended to the release.
func (m *model[N]) stop(q *process[N]) {
	k := m.kept(q)
	k.mode, k.own = ending, q.own
	*q = k
}

// release sends the release of the bytes last seen.
func (m *model[N]) release(s *state[N], p int) bool {
	q := &s.procs[p]
	early := m.v.ReleaseEarly && q.mode == draining
	if q.mode != ending && !early {
		return false
	}
	request := packet[N]{expect: q.own, next: q.own.as(vacant)}
	switch {
	case m.v.BareDel:
		request.kind = drop
		*q = process[N]{knows: q.knows}
	case m.v.ReleaseByName:
		request.kind = byName
	}
	return s.send(request) || m.clip()
}

// giveUp stops releasing. A lease after the last bytes landed it may as well;
// here it may at any time. With former records it also stops settling: a grant that
// could not be resolved counts as a former term, too.
func (m *model[N]) giveUp(s *state[N], p int) bool {
	q := &s.procs[p]
	if q.mode != ending && (q.mode != settling || !m.cfg.Former) {
		return false
	}
	expect, last, settles := q.obs, q.own.term-1, q.mode == settling
	*q = m.kept(q)
	if settles && expect.judged() { // the bytes that it has waited for may stand yet
		q.obs, q.wait, q.last = expect, m.ticks[expect.lease].lease, last
	}
	return true
}
