package link

import "syscall"

// faults are what is wrong with a Link. The Link's mutex guards them.
type faults struct {
	stalled, swallowed [2]bool // by Direction
	down               bool
	loseReplies        int                       // chunks to the client still to be lost
	chosen             func(request []byte) bool // those whose reply is lost
	cutting            bool
	cutAfter           int // bytes to the client that still pass, when cutting
}

// holdsDials reports whether a handshake, which goes both ways, cannot finish.
func (f *faults) holdsDials() bool {
	return f.stalled != [2]bool{} || f.swallowed != [2]bool{}
}

// set sets a flag in the given directions, by default in both.
func set(flags *[2]bool, dirs []Direction, to bool) {
	if len(dirs) == 0 {
		dirs = []Direction{ToServer, ToClient}
	}
	for _, d := range dirs {
		flags[d] = to
	}
}

// Stall holds what is on its way or sent from now on, in the given directions
// or in both, until [Link.Resume]. Writes go on to succeed. Dials hang.
func (l *Link) Stall(dirs ...Direction) {
	l.change(func() {
		for _, c := range l.conns {
			c.landLocked() // what arrived before can be read during the stall
		}
		set(&l.faults.stalled, dirs, true)
	})
}

// Resume ends a [Link.Stall] in the given directions or in both: what was held
// arrives, in order, at once or when its latency is over.
func (l *Link) Resume(dirs ...Direction) {
	l.change(func() { set(&l.faults.stalled, dirs, false) })
}

// Swallow loses what is sent from now on, in the given directions or in both,
// until [Link.Heal]: a black hole. Writes go on to succeed. What is on its way
// already arrives. Dials hang. The other side of a connection that is closed
// learns about it only after Heal.
func (l *Link) Swallow(dirs ...Direction) {
	l.change(func() { set(&l.faults.swallowed, dirs, true) })
}

// Cut breaks all connections, at both ends and at once, and refuses dials
// until [Link.Heal]. What is on its way is lost.
func (l *Link) Cut() {
	l.change(func() {
		l.faults.down = true
		l.breakAllLocked()
	})
}

// Reset breaks all connections as [Link.Cut] does, and goes on to accept dials.
func (l *Link) Reset() {
	l.change(l.breakAllLocked)
}

// LoseReplies loses the next n chunks from the server to a client, and breaks
// the connection of each: the client cannot know whether its command was
// executed. A chunk is what the server writes at once, as a rule one reply,
// and the replies of a client's own handshake count. The server's end breaks
// at once, the client's when the news has travelled. Chunks that [Link.Swallow]
// takes do not count.
func (l *Link) LoseReplies(n int) {
	l.change(func() { l.faults.loseReplies = n })
}

// LoseRepliesTo loses the reply to each chunk to the server that is chosen, and breaks its
// connection as [Link.LoseReplies] does, until [Link.Heal]: the request is executed, and the
// client cannot know. A chunk is what the client writes at once. chosen must not call the Link.
func (l *Link) LoseRepliesTo(chosen func(request []byte) bool) {
	l.change(func() { l.faults.chosen = chosen })
}

// CutAfter lets n more bytes pass from the server to its clients, and then
// breaks the connection that carried the last of them: with the right n, in
// the middle of a reply. It does so once; other connections are not touched.
// With n = 0 the next chunk is lost whole.
func (l *Link) CutAfter(n int) {
	l.change(func() { l.faults.cutting, l.faults.cutAfter = true, n })
}

// Heal ends every fault. What was stalled arrives, what was swallowed stays
// lost, broken connections stay broken. The latency stays as it is.
func (l *Link) Heal() {
	l.change(func() {
		l.faults = faults{}
		for _, c := range l.conns {
			c.resendEOFLocked()
		}
	})
}

// change applies a change under the mutex, then lets everybody who waits look
// at what it means for them.
func (l *Link) change(apply func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	apply()
	l.changed.raise()
	for _, c := range l.conns {
		for i := range c.streams {
			c.streams[i].changed.raise()
		}
	}
}

func (l *Link) breakAllLocked() {
	for _, c := range l.conns {
		c.landLocked()
		c.broken = true
		for i := range c.streams {
			c.streams[i].fail(syscall.ECONNRESET)
		}
	}
}
