package model

const (
	maxProcesses = 3
	maxPackets   = 14
	maxPushes    = 2
	maxGrants    = 5
)

// mode says what a process is about.
type mode uint8

const (
	idle     mode = iota // watches, and may campaign; a dead process is an idle one that does nothing
	asking               // has sent a grant and does not know what became of it
	working              // leads: its work runs
	draining             // ends its work of its own will, or because it was asked to, and keeps its leadership meanwhile
	expired              // trust is over and the work has its grace; beats go on, but bring nothing back
	lost                 // was told that leadership is gone; the work has its grace, nothing is sent
	ending               // the work has ended; releases
	settling             // no longer wants the grant it has asked for
)

// process is what one process remembers.
type process[N number] struct {
	mode  mode
	obs   record[N] // the bytes it watches; asking and settling: the bytes that its grant expects
	wait  N         // ticks since it received obs, as far as they matter
	heard bool      // obs came by a push, and no look has shown it since
	last  N         // the highest term granted by the time of its last answer; the server's time in that is above it
	own   record[N] // its bytes as last confirmed; asking and settling: the bytes that its grant writes
	trust N         // ticks since the anchor
	sent  bool      // a beat is under way: nextBeat
	holds bool      // leads a paused election: its work has not begun
	drops bool      // the beat under way takes out the pause, whose time is over
	age   N         // ticks since that beat, or the grant, was first sent; idle, with pushes: since the last look
	slow  record[N] // an answer on its way back to it
	floor N         // the beat that was confirmed when slow was asked for
	knows Lease     // the longest lease it knows of, its own included
	seen  bool      // it has seen a record; kept only for the grant from absence

	former record[N] // its last grant, given up; no answer has shown anything but its held record since
	doubt  bool      // an answer has, and it is released all the same (a mutant)
}

// leads says whether it believes that it leads, or must still end its work.
func (p *process[N]) leads() bool { return p.mode >= working && p.mode <= lost }

// works says whether the work may be running.
func (p *process[N]) works() bool { return p.leads() && !p.holds }

// kind says what a packet does when it reaches the server.
type kind uint8

const (
	cas    kind = iota // exactly expect becomes next
	swap               // anything becomes next (a mutant)
	incr               // whatever is there gets a beat more (a mutant)
	drop               // whatever is there is deleted (a mutant)
	byName             // what is there becomes vacant if the holder's name is right (a mutant)
)

// packet is a request in flight. It may reach the server late, several times
// (which stands for retries of the same bytes, too) or never. So it stays in
// flight when it has arrived, unless it is one that arrives at most once.
type packet[N number] struct {
	kind   kind
	left   N // ticks until the server refuses it; 0: it never does
	expect record[N]
	next   record[N]
}

// key packs a packet into seven bytes.
func (p packet[N]) key() uint64 {
	return uint64(p.kind)<<52 | uint64(p.left)<<48 | uint64(p.expect.pack())<<24 | uint64(p.next.pack())
}

// state is everything at one moment.
type state[N number] struct {
	reg  record[N]
	last N // the highest term ever granted; the server's time is above it

	flushes, crashes, quits, asks, reverts, pauses uint8 // what the environment may still do

	saved record[N] // what the server will go back to; unknown if that is not chosen yet

	procs [maxProcesses]process[N]
	net   [maxPackets]packet[N]
	sent  uint8                // packets in net
	room  uint8                // for packets
	push  [maxPushes]record[N] // published records that may still be heard, by anybody, any number of times

	grants uint8        // how many were granted
	order  [maxGrants]N // with the fenced resource: their terms, in the order of the server
	wrote  uint8        // and which of them wrote last, from 1

	healing bool // no budget counts; never part of a state that is kept
	broken  Invariant
}

// send adds a packet unless the same is in flight. It fails when there are too many.
func (s *state[N]) send(p packet[N]) bool {
	for _, q := range s.net[:s.sent] {
		if p == q {
			return true
		}
	}
	if s.sent == s.room {
		return false
	}
	s.net[s.sent] = p
	s.sent++
	return true
}

// unsend removes the i-th packet; the last one takes its place.
func (s *state[N]) unsend(i uint8) {
	s.sent--
	s.net[i] = s.net[s.sent]
	s.net[s.sent] = packet[N]{}
}

// fresh returns a nonce for a record of this term and holder that nothing in the
// state refers to. One such nonce is as good as any other, so the least stands
// for all.
func (s *state[N]) fresh(term, holder N) (nonce N, ok bool) {
	var used N
	mark := func(r record[N]) {
		if r.term == term && r.holder == holder {
			used |= 1 << r.nonce
		}
	}
	mark(s.reg)
	for i := range s.procs {
		p := &s.procs[i]
		mark(p.obs)
		mark(p.own)
		mark(p.slow)
		mark(p.former)
	}
	mark(s.saved)
	for _, p := range s.net[:s.sent] {
		mark(p.expect)
		mark(p.next)
	}
	for _, r := range s.push {
		mark(r)
	}
	for nonce < 8 && used&(1<<nonce) != 0 {
		nonce++
	}
	return nonce, nonce < 8
}
