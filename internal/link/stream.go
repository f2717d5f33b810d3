package link

import (
	"slices"
	"time"
)

// stream is one direction of one connection. The Link's mutex guards it.
type stream struct {
	dir     Direction
	flight  []packet // sent and not arrived, in the order of sending
	arrived []byte   // not read yet
	err     error    // what the reader gets after arrived
	deaf    bool     // the reader closed its end; whatever comes is dropped
	lostEOF bool     // the writer closed its end, and that was swallowed
	changed signal   // for the reads that wait
}

// packet is a chunk of bytes on its way, or the error that ends the stream.
type packet struct {
	due  time.Time
	data []byte
	err  error
}

// send puts p on its way, behind everything sent before.
func (s *stream) send(p packet) {
	if s.deaf {
		return
	}
	p.data = slices.Clone(p.data) // the writer may use its buffer again
	s.flight = append(s.flight, p)
	s.changed.raise()
}

// land moves to the reader what is due by now. A packet that is not due holds
// back those behind it, which may be due earlier after a change of latency.
func (s *stream) land(now time.Time) {
	for len(s.flight) > 0 && !s.flight[0].due.After(now) {
		p := s.flight[0]
		s.flight = s.flight[1:]
		s.arrived = append(s.arrived, p.data...)
		if p.err != nil {
			s.err = p.err
		}
	}
}

// next is when the next packet is due, or zero if there is none.
func (s *stream) next() time.Time {
	if len(s.flight) == 0 {
		return time.Time{}
	}
	return s.flight[0].due
}

// take reads arrived bytes, or, after the last of them, the stream's end.
// It returns 0, nil when the reader has to wait.
func (s *stream) take(b []byte) (int, error) {
	if len(s.arrived) == 0 {
		return 0, s.err
	}
	n := copy(b, s.arrived)
	s.arrived = s.arrived[n:]
	return n, nil
}

// fail ends the stream at once: what is on its way is lost.
func (s *stream) fail(err error) {
	s.flight, s.err = nil, err
	s.changed.raise()
}

// shut drops everything, now and later: the reader has closed its end.
func (s *stream) shut() {
	s.deaf = true
	s.flight, s.arrived = nil, nil
	s.changed.raise()
}
