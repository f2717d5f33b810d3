package model

// patience is how many ticks may pass before somebody leads again: a quarantine,
// a lease on what is then found in its place, and some to spare.
const patience = 16

// heals says whether somebody leads, or each process by itself could lead again:
// packets arrive, the process does its best, and the others do nothing more, as
// if they had died. What they left behind must not be in the way for ever.
func (m *model[N]) heals(s *state[N]) bool {
	for p := range m.cfg.Processes {
		if s.procs[p].mode == working {
			return true
		}
	}
	for p := range m.cfg.Processes {
		if !m.healsBy(*s, p) {
			return false
		}
	}
	return true
}

func (m *model[N]) healsBy(s state[N], p int) bool {
	s.healing = true
	for range patience {
		m.deliver(&s)
		m.doBest(&s, p)
		m.deliver(&s)
		m.look(&s, p)
		if s.procs[p].mode == working {
			return true
		}
		m.tick(&s, -1)
		m.finish(&s)
	}
	return false
}

// deliver lets packets arrive until none changes anything.
func (m *model[N]) deliver(s *state[N]) {
	for arrived, i := 0, 0; arrived < 2*maxPackets && i < int(s.sent); i++ {
		if m.arrive(s, i, 0) {
			arrived++
			i = -1
		}
	}
}

// doBest makes the steps that bring a process nearer to leading.
func (m *model[N]) doBest(s *state[N], p int) {
	m.look(s, p)
	switch q := &s.procs[p]; q.mode {
	case idle:
		m.clearUp(s, p)
		_ = m.quarantine(s, p) || m.lengthen(s, p) || m.grant(s, p)
	case draining:
		m.end(s, p)
		m.release(s, p)
	case ending:
		m.release(s, p)
	}
}

// lot draws a number for a state, the same in every run and under every naming
// of the processes.
func (m *model[N]) lot(s *state[N]) uint64 {
	var buf [maxWidth]byte
	m.Encode(buf[:m.width], s)
	h := uint64(14695981039346656037)
	for _, b := range buf[:m.width] {
		h = (h ^ uint64(b)) * 1099511628211
	}
	return h >> 17
}
