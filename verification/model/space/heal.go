package space

// patience is how many ticks may pass before somebody has the lock: a quarantine, a lease for
// each session that may have died in the way, and some to spare.
const patience = 4*(maxSids+2) + 4

// heals says whether a process gets the lock if nothing goes wrong any more: what is under way
// is lost, and everybody does its best. The others are dead, or they live: then they end their
// calls, answer what they are asked, and keep their sessions for ever.
func (m *system) heals(s state, p int, others bool) bool {
	for q := range m.cfg.Processes {
		if q != p && !others {
			s.procs[q] = process{sid: s.procs[q].sid + 1}
		}
	}
	var w watch
	for range patience {
		for q := range m.cfg.Processes {
			if q != p && others {
				m.behave(&s, q)
			}
		}
		if m.doBest(&s, p, &w) {
			return true
		}
		m.tick(&s)
		w.tick()
		m.renew(&s, p)
	}
	return false
}

// doBest makes the steps that bring a process nearer to the lock, and says whether it has it.
func (m *system) doBest(s *state, p int, w *watch) bool {
	q := &s.procs[p]
	if q.works() {
		return true
	}
	m.learn(s, p)
	_ = m.found(s, p) || m.lengthen(s, p) || m.sendOpening(s, int(s.author)) && m.lateOpenings() && m.opening(s, s.author)
	if q.phase >= expired {
		if q.works() {
			m.stop(s, p)
		}
		m.endSession(s, m.sid(s, p), fate{})
		q.forget()
	}
	if q.phase == none {
		q.sid = uint8(m.cfg.Sessions)
		s.beats[spare] = 0
	}
	m.endCall(s, p)
	if q.stage == idle {
		m.start(s, p)
	}
	m.answer(s, m.sid(s, p)) // what an older call of its own has left
	m.acquire(s, m.ticket(s, p), q.phase == making, fate{join: true})
	m.answered(s, p)
	for i := range s.seats[:m.cfg.Seats] {
		m.judge(s, w, s.seats[i].who)
	}
	return q.works()
}

// start begins a call, with a number that was never used.
func (m *system) start(s *state, p int) {
	q := &s.procs[p]
	if q.phase == none {
		q.phase, q.beat, q.trust = making, 0, 0
	}
	q.stage, q.call = wanting, uint8(m.cfg.Calls)+1
}

// watch is what a judge watches of each session: its bytes, and the ticks since it received
// them.
type watch [maxSids]sight

type sight struct{ what, age uint8 }

func (w *watch) tick() {
	for i := range w {
		w[i].age++
	}
}

// judge watches who is in the way.
func (m *system) judge(s *state, w *watch, who ticket) {
	if who.sid == 0 || int(who.sid) > m.sids {
		return
	}
	at := &w[who.sid-1]
	if at.what != s.beats[who.sid-1] {
		*at = sight{what: s.beats[who.sid-1]}
	}
	if at.age >= m.longest {
		s.beats[who.sid-1] = 0
		m.tidy(s)
	}
}

// endCall releases what the process no longer wants, until it is answered.
func (m *system) endCall(s *state, p int) {
	q := &s.procs[p]
	if q.stage == ending {
		m.release(s, m.ticket(s, p), fate{})
		q.stage = idle
	}
}

// behave is a process that wants nothing and answers everything, beside p.
func (m *system) behave(s *state, q int) {
	other := &s.procs[q]
	if other.stage == wanting || other.stage == working {
		m.stop(s, q)
	}
	m.endCall(s, q)
	switch other.phase {
	case making:
		other.phase = live // the answer: there it is, or it is never asked for again
		if s.beats[m.sid(s, q)-1] == 0 {
			other.forget()
			return
		}
	case live:
		if s.beats[m.sid(s, q)-1] != other.beat+1 {
			other.phase = lost
		}
	}
	if other.phase >= expired {
		m.endSession(s, m.sid(s, q), fate{})
		other.forget()
	}
	if other.phase == live {
		m.renew(s, q)
		other.beat ^= 1 // it beats
		s.beats[m.sid(s, q)-1] = other.beat + 1
		m.answer(s, m.sid(s, q))
	}
}

// answer releases what is held or waits in the name of a session by calls that nobody knows: it
// is asked, or granted it.
func (m *system) answer(s *state, sid uint8) {
	if m.v.QuestionIgnored || int(sid) > m.sids {
		return
	}
	for call := uint8(1); int(call) <= m.cfg.Calls; call++ {
		m.release(s, ticket{sid, call}, fate{})
	}
}

// renew is a beat that arrives and is answered at once.
func (m *system) renew(s *state, p int) {
	if q := &s.procs[p]; q.phase == live {
		q.trust, q.sent, q.age = 0, false, 0
	}
}

// lot draws a number for a state, the same in every run and under every naming of the
// processes.
func (m *system) lot(s *state) uint64 {
	var buf [maxWidth]byte
	m.Encode(buf[:m.width], s)
	h := uint64(14695981039346656037)
	for _, b := range buf[:m.width] {
		h = (h ^ uint64(b)) * 1099511628211
	}
	return h >> 17
}
