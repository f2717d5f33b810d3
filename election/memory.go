package election

import (
	"fmt"
	"sync"
	"time"
)

// memory is what a Conn knows of an election beyond its present record. It is
// fed by looks and by answers, never by pushes.
type memory struct {
	mu    sync.Mutex
	term  Term          // the highest seen
	lease time.Duration // the longest seen
	seen  bool          // a record was seen
}

func (m *memory) remember(s sighting) {
	if !s.readable() {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen = true
	m.term = max(m.term, s.rec.term)
	m.lease = max(m.lease, s.rec.lease)
}

func (m *memory) everSeen() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.seen
}

func (m *memory) longestLease() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.lease
}

// clockBound is how far the server's clock may be from ours before it is not
// believed.
const clockBound = 24 * time.Hour

// nextTerm returns the term for a new record: above every term that is known,
// and not below the server's time in milliseconds, so that terms go on rising
// after Redis has lost everything. A server clock that is more than a day off is
// not used; without a record there is no term then, and the error says why.
func (m *memory) nextTerm(s sighting, c clocks) (term Term, skewed bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	term = m.term + 1
	if s.readable() {
		term = max(term, s.rec.term+1)
	}
	skewed = c.skew().Abs() > clockBound
	if skewed && !s.readable() {
		return 0, true, fmt.Errorf("%w: its clock says %v, ours %v: set the wrong one right, or terms could repeat",
			ErrUnfit, c.server.UTC().Format(time.RFC3339), time.Unix(0, int64(c.ours)).UTC().Format(time.RFC3339))
	}
	if !skewed {
		term = max(term, Term(c.server.UnixMilli()))
	}
	if term > maxTerm {
		return 0, skewed, fmt.Errorf("%w: the record's term %d leaves no room for another; it was not written by this package", ErrForeignRecord, term-1)
	}
	return term, skewed, nil
}
