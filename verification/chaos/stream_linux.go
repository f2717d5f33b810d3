package chaos

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"time"
)

// forever is a mark that nothing waits for.
const forever = time.Duration(1<<63 - 1)

// entry is a line of a stream, with the time at which it counts.
type entry struct {
	at   time.Duration
	from *stream
	line line
	do   func() // instead of the line
}

// stream is what one source tells, in the order of time. Up to its mark it is
// complete.
type stream struct {
	proc    int // of the history; 0 is the world
	mark    time.Duration
	waiting []entry // by time

	file  *os.File // of a journal; nil for the parent's own
	lines *bufio.Reader
	left  []byte // a line that is not complete yet
	last  time.Duration
}

// openStream follows a journal, which need not exist yet.
func openStream(proc int, path string) (*stream, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	now := monotonic()
	return &stream{proc: proc, mark: now, last: now, file: f, lines: bufio.NewReader(f)}, nil
}

// add sorts an entry in. Most come in order.
func (s *stream) add(e entry) {
	e.from = s
	i := len(s.waiting)
	for i > 0 && s.waiting[i-1].at > e.at {
		i--
	}
	s.waiting = slices.Insert(s.waiting, i, e)
}

// read takes in what its journal has grown by.
func (s *stream) read() error {
	for s.file != nil {
		text, err := s.lines.ReadBytes('\n')
		s.left = append(s.left, text...)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var l line
		if err := json.Unmarshal(s.left, &l); err != nil {
			return err
		}
		s.left = s.left[:0]
		s.take(l)
	}
	return nil
}

func (s *stream) take(l line) {
	s.last = l.T
	switch l.K {
	case kTick:
		s.mark = l.At
	case kStalled:
		s.mark = l.At + l.D
		s.add(entry{at: l.At, line: l})
	default:
		s.add(entry{at: l.T, line: l})
	}
}

// release takes out what happened until then.
func (s *stream) release(until time.Duration) []entry {
	n := 0
	for n < len(s.waiting) && s.waiting[n].at <= until {
		n++
	}
	out := slices.Clone(s.waiting[:n])
	s.waiting = slices.Delete(s.waiting, 0, n)
	return out
}

// end closes the journal of a process that is gone; what it has told still counts.
func (s *stream) end() {
	if s.file != nil {
		_ = s.file.Close()
	}
	s.file, s.mark = nil, forever
}
