package model

import (
	"bytes"
	"encoding/binary"
	"slices"
)

const (
	recordBytes = 3
	headBytes   = recordBytes + 2 + 3 + 1
	procBytes   = 4 + 3*recordBytes
	packetBytes = 1 + 2*recordBytes
	backBytes   = 1 + recordBytes // these two with Config.Former only
	formerBytes = 1 + recordBytes
	maxWidth    = 192
)

// Width returns the bytes of an encoded state.
func (m *model[N]) Width() int { return m.width }

// permutations returns the ways to rename the processes that make no difference.
func permutations(cfg Config) [][maxProcesses]uint8 {
	all := [][maxProcesses]uint8{{0, 1, 2}}
	if cfg.Leases != nil {
		return all
	}
	switch cfg.Processes {
	case 2:
		all = append(all, [maxProcesses]uint8{1, 0, 2})
	case 3:
		all = append(all, [][maxProcesses]uint8{{0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}...)
	}
	return all
}

// Encode writes the state under the names of its processes that make the least
// bytes, so that states that differ only in names are one.
func (m *model[N]) Encode(dst []byte, s *state[N]) {
	m.encodeAs(dst, s, m.perms[0])
	if len(m.perms) == 1 {
		return
	}
	var buf [maxWidth]byte
	for _, perm := range m.perms[1:] {
		other := buf[:m.width]
		m.encodeAs(other, s, perm)
		if bytes.Compare(other, dst) < 0 {
			copy(dst, other)
		}
	}
}

// encodeAs writes the state with process p called perm[p].
func (m *model[N]) encodeAs(dst []byte, s *state[N], perm [maxProcesses]uint8) {
	put := func(at int, r record[N]) { putRecord(dst[at:], r.renamed(perm)) }
	put(0, s.reg)
	dst[3] = uint8(s.last) | s.flushes<<3 | s.asks<<5
	dst[4] = s.crashes | s.quits<<2 | s.sent<<4
	dst[5], dst[6], dst[7] = m.packFence(s)
	dst[8] = s.pauses
	at := headBytes
	for i := range m.cfg.Pushes {
		put(at+recordBytes*i, s.push[i])
	}
	at += recordBytes * m.cfg.Pushes
	for p := range m.cfg.Processes {
		encodeProc(dst[at+procBytes*int(perm[p]):], &s.procs[p], perm)
	}
	at += procBytes * m.cfg.Processes
	if m.cfg.Former {
		at += m.encodeFormer(dst[at:], s, perm)
	}
	encodeNet(dst[at:m.width], s, perm)
}

// encodeFormer writes what has to do with former records, and returns how many bytes
// that took.
func (m *model[N]) encodeFormer(dst []byte, s *state[N], perm [maxProcesses]uint8) int {
	dst[0] = s.reverts
	putRecord(dst[1:], s.saved.renamed(perm))
	for p := range m.cfg.Processes {
		q, at := &s.procs[p], backBytes+formerBytes*int(perm[p])
		dst[at] = flag(q.doubt)
		putRecord(dst[at+1:], q.former.renamed(perm))
	}
	return backBytes + formerBytes*m.cfg.Processes
}

// decodeFormer reads what encodeFormer wrote.
func (m *model[N]) decodeFormer(src []byte, s *state[N]) int {
	s.reverts = src[0]
	s.saved = getRecord[N](src[1:])
	for p := range m.cfg.Processes {
		at := backBytes + formerBytes*p
		s.procs[p].doubt = src[at] == 1
		s.procs[p].former = getRecord[N](src[at+1:])
	}
	return backBytes + formerBytes*m.cfg.Processes
}

// renamed gives the holder its new name.
func (r record[N]) renamed(perm [maxProcesses]uint8) record[N] {
	if r.holder > 0 {
		r.holder = N(perm[r.holder-1]) + 1
	}
	return r
}

func encodeProc[N number](dst []byte, p *process[N], perm [maxProcesses]uint8) {
	dst[0] = uint8(p.mode) | flag(p.sent)<<3 | uint8(p.knows)<<4 | uint8(p.last)<<5
	dst[1] = uint8(p.wait) | flag(p.seen)<<3 | uint8(p.trust)<<4
	dst[2] = uint8(p.age) | flag(p.heard)<<7
	dst[3] = uint8(p.floor) | flag(p.holds)<<4 | flag(p.drops)<<5
	for i, r := range [...]record[N]{p.obs, p.own, p.slow} {
		putRecord(dst[4+recordBytes*i:], r.renamed(perm))
	}
}

func putRecord[N number](dst []byte, r record[N]) {
	v := r.pack()
	dst[0], dst[1], dst[2] = uint8(v), uint8(v>>8), uint8(v>>16)
}

func getRecord[N number](src []byte) record[N] {
	return unpack[N](uint32(src[0]) | uint32(src[1])<<8 | uint32(src[2])<<16)
}

func encodeNet[N number](dst []byte, s *state[N], perm [maxProcesses]uint8) {
	var keys [maxPackets]uint64
	for i, p := range s.net[:s.sent] {
		p.expect, p.next = p.expect.renamed(perm), p.next.renamed(perm)
		keys[i] = p.key()
	}
	if s.sent > 1 {
		slices.Sort(keys[:s.sent])
	}
	clear(dst)
	for i, k := range keys[:s.sent] {
		at := packetBytes * i
		var whole [8]byte
		binary.LittleEndian.PutUint64(whole[:], k)
		copy(dst[at:at+packetBytes], whole[:packetBytes])
	}
}

// packFence squeezes the fenced resource's view of the grants into three bytes.
func (m *model[N]) packFence(s *state[N]) (a, b, c uint8) {
	v := uint32(s.grants) << 18
	if !m.cfg.Fenced {
		return uint8(v), uint8(v >> 8), uint8(v >> 16)
	}
	for i, t := range s.order {
		v |= uint32(t) << (3 * i)
	}
	v |= uint32(s.wrote) << 15
	return uint8(v), uint8(v >> 8), uint8(v >> 16)
}

func flag(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}

// Decode returns the state that Encode wrote.
func (m *model[N]) Decode(src []byte) state[N] {
	s := state[N]{
		reg:  getRecord[N](src),
		room: uint8(m.room),
		last: N(src[3] & 7), flushes: src[3] >> 3 & 3, asks: src[3] >> 5 & 3,
		crashes: src[4] & 3, quits: src[4] >> 2 & 3, sent: src[4] >> 4,
		pauses: src[8],
	}
	v := uint32(src[5]) | uint32(src[6])<<8 | uint32(src[7])<<16
	for i := range s.order {
		s.order[i] = N(v >> (3 * i) & 7)
	}
	s.wrote, s.grants = uint8(v>>15&7), uint8(v>>18&7)
	at := headBytes
	for i := range m.cfg.Pushes {
		s.push[i] = getRecord[N](src[at+recordBytes*i:])
	}
	at += recordBytes * m.cfg.Pushes
	for p := range m.cfg.Processes {
		s.procs[p] = decodeProc[N](src[at+procBytes*p:])
	}
	at += procBytes * m.cfg.Processes
	if m.cfg.Former {
		at += m.decodeFormer(src[at:], &s)
	}
	for i := range s.sent {
		s.net[i] = decodePacket[N](src[at+packetBytes*int(i):])
	}
	return s
}

func decodeProc[N number](src []byte) process[N] {
	get := func(i int) record[N] { return getRecord[N](src[4+recordBytes*i:]) }
	return process[N]{
		mode: mode(src[0] & 7), sent: src[0]>>3&1 == 1, knows: Lease(src[0] >> 4 & 1), last: N(src[0] >> 5),
		obs: get(0), own: get(1), slow: get(2),
		wait: N(src[1] & 7), seen: src[1]>>3&1 == 1, trust: N(src[1] >> 4),
		age: N(src[2] & 15), heard: src[2]>>7 == 1,
		floor: N(src[3] & 15), holds: src[3]>>4&1 == 1, drops: src[3]>>5&1 == 1,
	}
}

func decodePacket[N number](src []byte) packet[N] {
	return packet[N]{
		next: getRecord[N](src), expect: getRecord[N](src[recordBytes:]),
		left: N(src[2*recordBytes] & 15), kind: kind(src[2*recordBytes] >> 4),
	}
}
