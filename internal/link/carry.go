package link

import (
	"io"
	"syscall"
	"time"
)

// carryLocked puts b on its way through s, or lets it meet its fault.
func (c *conn) carryLocked(s *stream, b []byte) {
	f := &c.link.faults
	cutting := f.cutting && s.dir == ToClient
	switch {
	case c.broken || s.deaf || f.swallowed[s.dir]:
		// Lost, and the writer cannot tell.
	case s.dir == ToClient && c.losing:
		c.breakLocked()
	case s.dir == ToClient && f.loseReplies > 0:
		f.loseReplies--
		c.breakLocked()
	case cutting && len(b) >= f.cutAfter:
		f.cutting = false
		s.send(packet{due: c.link.arrivalLocked(), data: b[:f.cutAfter]})
		c.breakLocked()
	default:
		if cutting {
			f.cutAfter -= len(b)
		}
		if s.dir == ToServer && f.chosen != nil && f.chosen(b) {
			c.losing = true
		}
		s.send(packet{due: c.link.arrivalLocked(), data: b})
	}
}

// breakLocked breaks c near the server: the client learns of it behind the
// bytes that are on their way to it.
func (c *conn) breakLocked() {
	c.broken = true
	c.streams[ToServer].fail(syscall.ECONNRESET)
	c.streams[ToClient].send(packet{due: c.link.arrivalLocked(), err: syscall.ECONNRESET})
}

// carryEOFLocked sends the news that the writer of s has closed its end.
func (c *conn) carryEOFLocked(s *stream) {
	switch {
	case c.broken:
		// Both sides learn it from the reset.
	case c.link.faults.swallowed[s.dir]:
		s.lostEOF = true
	default:
		s.send(packet{due: c.link.arrivalLocked(), err: io.EOF})
	}
}

// resendEOFLocked sends again the ends that were swallowed, as TCP does.
func (c *conn) resendEOFLocked() {
	for i := range c.streams {
		if s := &c.streams[i]; s.lostEOF {
			s.lostEOF = false
			c.carryEOFLocked(s)
		}
	}
}

// landLocked delivers what is due, except where it is stalled.
func (c *conn) landLocked() {
	for i := range c.streams {
		if s := &c.streams[i]; !c.link.faults.stalled[s.dir] {
			s.land(time.Now())
		}
	}
}
