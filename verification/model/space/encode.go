package space

import "bytes"

const maxWidth = 160

// Width returns the bytes of an encoded state.
func (m *system) Width() int { return m.width }

// permutations returns the ways to rename processes: all that have the same lease are alike.
func permutations(cfg Config) [][maxProcesses]uint8 {
	if cfg.Leases != nil {
		return [][maxProcesses]uint8{{0, 1, 2}}
	}
	switch cfg.Processes {
	case 2:
		return [][maxProcesses]uint8{{0, 1, 2}, {1, 0, 2}}
	case 3:
		return [][maxProcesses]uint8{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}
	}
	return [][maxProcesses]uint8{{0, 1, 2}}
}

// coder writes or reads a state; a bit at a time would be smaller and slower.
type coder struct {
	buf  []byte
	at   int
	m    *system
	perm [maxProcesses]uint8
}

func (c *coder) put(b ...uint8) {
	copy(c.buf[c.at:], b)
	c.at += len(b)
}

func (c *coder) get() uint8 {
	c.at++
	return c.buf[c.at-1]
}

// named returns the session's name under the permutation.
func (c *coder) named(sid uint8) uint8 {
	if sid == 0 {
		return 0
	}
	n := uint8(c.m.cfg.Sessions)
	return c.perm[(sid-1)/n]*n + (sid-1)%n + 1
}

func (c *coder) ticket(t ticket) uint8 { return c.named(t.sid) | t.call<<4 }

func (m *system) size() int {
	return 5 + 2*m.cfg.Seats + 1 + m.queue() + m.cfg.Processes*(9+m.cfg.Sessions*5)
}

// queue is the longest queue of the configuration.
func (m *system) queue() int { return min(maxQueue, m.sids*m.cfg.Calls) }

// Encode writes the state under the names of its processes that make the least bytes, so
// that states that differ only in names are one.
func (m *system) Encode(dst []byte, s *state) {
	m.encodeAs(dst, s, m.perms[0])
	var buf [maxWidth]byte
	for _, perm := range m.perms[1:] {
		other := buf[:m.width]
		m.encodeAs(other, s, perm)
		if bytes.Compare(other, dst[:m.width]) < 0 {
			copy(dst, other)
		}
	}
}

// encodeAs writes the state with process p called perm[p].
func (m *system) encodeAs(dst []byte, s *state, perm [maxProcesses]uint8) {
	c := &coder{buf: dst, m: m, perm: perm}
	opens, author := m.authors(s, perm)
	c.put(uint8(s.epoch)|author<<2|opens<<4|uint8(s.lease)<<7, s.last|s.strangers<<5, s.began, s.flushes, s.crashes)
	for _, seat := range s.seats[:m.cfg.Seats] {
		c.put(c.ticket(seat.who), seat.term)
	}
	c.put(s.queued)
	for _, w := range s.queue[:m.queue()] {
		c.put(c.ticket(w))
	}
	head := c.at
	each := (m.width - head) / m.cfg.Processes
	for p := range m.cfg.Processes {
		c.at = head + each*int(perm[p])
		m.encodeProcess(c, s, p)
	}
}

func (m *system) encodeProcess(c *coder, s *state, p int) {
	q := &s.procs[p]
	c.put(
		uint8(q.phase)|q.sid<<3|uint8(q.stage)<<5,
		q.beat|flag(q.sent)<<2|q.call<<3|q.floor<<5,
		q.trust|q.age<<4,
		q.term,
		q.slow.kind|q.slow.session<<2,
		q.slow.term,
		q.push.call, q.push.term,
		m.waited(s, p, c.perm)|uint8(s.knows[p])<<7,
	)
	for i := range m.cfg.Sessions {
		sid := p*m.cfg.Sessions + i
		mail := &s.sent[sid]
		ages := &s.ages[sid]
		c.put(
			s.beats[sid]|flag(mail.ends)<<3|mail.beats<<4,
			mail.makes|mail.asks<<4, mail.frees,
			ages[0]|ages[1]<<4, ages[2],
		)
	}
}

// authors returns the openings sent and the author of the quarantine, under their new names.
func (m *system) authors(s *state, perm [maxProcesses]uint8) (opens, author uint8) {
	if !m.v.QuarantineReplayed {
		return s.opens, s.author // it has no author
	}
	for p := range m.cfg.Processes {
		if s.opens&(1<<p) != 0 {
			opens |= 1 << perm[p]
		}
	}
	if s.epoch == quarantined {
		author = perm[s.author]
	}
	return opens, author
}

// waited returns the age of the quarantine whose author this is.
func (m *system) waited(s *state, p int, perm [maxProcesses]uint8) uint8 {
	if m.v.QuarantineReplayed {
		return s.waits[p]
	}
	return s.waits[perm[p]] // it has no author
}

// Decode returns the state that Encode wrote.
func (m *system) Decode(src []byte) state {
	c := &coder{buf: src, m: m}
	var s state
	b := c.get()
	s.epoch, s.author, s.opens, s.lease = epoch(b&3), b>>2&3, b>>4&7, Lease(b>>7)
	b = c.get()
	s.last, s.strangers = b&31, b>>5
	s.began, s.flushes, s.crashes = c.get(), c.get(), c.get()
	for i := range m.cfg.Seats {
		s.seats[i] = seat{unticket(c.get()), c.get()}
	}
	s.queued = c.get()
	for i := range m.queue() {
		s.queue[i] = unticket(c.get())
	}
	for p := range m.cfg.Processes {
		m.decodeProcess(c, &s, p)
	}
	return s
}

func unticket(b uint8) ticket { return ticket{b & 15, b >> 4} }

func (m *system) decodeProcess(c *coder, s *state, p int) {
	q := &s.procs[p]
	b := c.get()
	q.phase, q.sid, q.stage = phase(b&7), b>>3&3, stage(b>>5)
	b = c.get()
	q.beat, q.sent, q.call, q.floor = b&3, b>>2&1 == 1, b>>3&3, b>>5
	b = c.get()
	q.trust, q.age = b&15, b>>4
	q.term = c.get()
	b = c.get()
	q.slow = answer{kind: b & 3, session: b >> 2, term: c.get()}
	q.push = push{c.get(), c.get()}
	b = c.get()
	s.waits[p], s.knows[p] = b&127, Lease(b>>7)
	for i := range m.cfg.Sessions {
		sid := p*m.cfg.Sessions + i
		b = c.get()
		mail := &s.sent[sid]
		s.beats[sid], mail.ends, mail.beats = b&7, b>>3&1 == 1, b>>4
		b = c.get()
		mail.makes, mail.asks, mail.frees = b&15, b>>4, c.get()
		b = c.get()
		s.ages[sid] = [maxBeats + 1]uint8{b & 15, b >> 4, c.get()}
	}
}

func flag(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}
