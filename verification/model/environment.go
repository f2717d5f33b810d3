package model

// tick lets a tick of true time pass. A process that is suspended with its
// monotonic clock (only in a mutant) does not notice.
func (m *model[N]) tick(s *state[N], suspended int) bool {
	for p := range s.procs[:m.cfg.Processes] {
		q := &s.procs[p]
		switch {
		case q.mode == idle:
			m.tickIdle(q)
			if m.cfg.Pushes > 0 && q.obs.status != unknown {
				q.age = min(q.age+1, m.ticks[q.obs.lease].lease)
			}
		case p == suspended:
		case q.mode == asking:
			q.age = min(q.age+1, m.ticks[q.own.lease].trust)
		case q.leads():
			m.tickLeader(q)
		}
	}
	for i := s.sent; i > 0; i-- {
		if p := &s.net[i-1]; p.left > 0 {
			if p.left--; p.left == 0 {
				s.unsend(i - 1)
			}
		}
	}
	return true
}

func (m *model[N]) tickIdle(q *process[N]) {
	if q.obs.judged() || q.obs.status == absent {
		longest := q.obs.lease
		if m.v.OwnLease {
			longest = Long
		}
		q.wait = min(q.wait+1, m.ticks[longest].lease)
	}
}

func (m *model[N]) tickLeader(q *process[N]) {
	t := m.ticks[q.own.lease]
	q.trust = min(q.trust+1, t.end)
	if q.sent {
		q.age = min(q.age+1, t.end)
	}
	m.runOut(q)
}

// runOut ends trust, and then the work, when their time is over.
func (m *model[N]) runOut(q *process[N]) {
	t := m.ticks[q.own.lease]
	if q.mode == working && q.trust >= t.trust {
		q.mode, q.slow, q.floor = expired, record[N]{}, 0
	}
	if q.mode == expired && q.holds && !m.v.StartsLate { // there is no work that could need its grace
		m.stop(q)
		return
	}
	if q.trust < t.end || q.mode == draining && m.v.DrainUntrusted || q.holds && m.v.StartsLate {
		return
	}
	if q.mode == lost {
		*q = m.kept(q)
		return
	}
	m.stop(q)
}

// tickSuspended is a tick during which one process's monotonic clock stands
// still. Its wall clock does not, and the larger one counts: only a leader that
// believes the monotonic one notices nothing.
func (m *model[N]) tickSuspended(s *state[N], p int) bool {
	if !m.v.LeaderMonoClock || !s.procs[p].works() {
		return false
	}
	return m.tick(s, p)
}

// wallClockStep sets a wall clock forward. A judge does not ask it.
func (m *model[N]) wallClockStep(s *state[N], p int) bool {
	q := &s.procs[p]
	if !m.v.JudgeWallClock || q.mode != idle || !q.obs.judged() {
		return false
	}
	q.wait = m.ticks[q.obs.lease].lease
	return true
}

// crash is a process dying with something in hand. Its work dies with it, its
// packets do not, and it comes back knowing nothing. Dying with nothing in hand is
// no different from being slow, and dying while releasing from giving up.
func (m *model[N]) crash(s *state[N], p int) bool {
	q := &s.procs[p]
	if s.crashes == 0 || q.mode == ending || q.mode == idle && q.knows == m.own(p) && !q.seen {
		return false
	}
	if m.cfg.Leases != nil && s.flushes < uint8(m.cfg.Flushes) {
		return false // nobody could tell it the lease that was lost, see known
	}
	s.crashes--
	*q = process[N]{knows: m.own(p)}
	return true
}

// hear gives an idle process a published record. It is fed to the judge if it
// is above what is watched, and its time is the time it was heard.
func (m *model[N]) hear(s *state[N], p, i int) bool {
	q := &s.procs[p]
	r := s.push[i]
	if q.mode != idle || r.status == unknown || q.obs.status == unknown || !r.above(q.obs) {
		return false
	}
	q.obs, q.wait, q.heard = r, 0, true
	if m.v.StampBelieved {
		q.wait = 1
	}
	m.learn(q, r)
	return true
}
