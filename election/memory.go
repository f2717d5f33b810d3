package election

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
)

// memory is what a Conn knows of an election beyond its present record. It is
// fed by looks and by answers, also by those that nobody waits for any more, never
// by notifications.
type memory struct {
	mu    sync.Mutex
	term  int64             // the highest seen
	lease time.Duration     // the longest seen
	seen  bool              // a record was seen
	pause record.Pause      // of the record seen last
	asked heartbeat.Instant // when the request was sent whose answer showed that
	calls int               // under way
	used  heartbeat.Instant

	beside sync.Map // of packages beside this one

	// former are own terms that were given up, or are about to be, of which every
	// answer since showed the held record.
	former []record.Grant
}

// learn takes in what became of a request; an error shows nothing. Nobody wants to know
// if m is nil.
func (m *memory) learn(r register.Reply) {
	if m != nil && r.Err == nil {
		m.remember(r.Observation)
	}
}

// remember takes in an answer.
func (m *memory) remember(s register.Observation) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.former = slices.DeleteFunc(m.former, func(o record.Grant) bool {
		return !s.Readable() || !s.Rec.Held() || s.Rec.Grant() != o
	})
	if !s.Readable() {
		return
	}
	m.seen = true
	if s.Sent.Since(m.asked) >= 0 { // answers may overtake each other
		m.pause, m.asked = s.Rec.Pause(), s.Sent
	}
	m.term = max(m.term, s.Rec.Term)
	m.lease = max(m.lease, s.Rec.Lease)
}

// names are the memories of a Conn, by key. One that nobody has asked for within
// the longest lease that there is may be forgotten: whoever led by a record from before
// that does so no more. Else a Conn that serves names that come and go would grow. So whoever
// keeps a memory keeps it for a call only, during which it is not forgotten.
//
// The lock is not the Conn's: a reply waits for no call that begins or ends. All methods
// but forget are safe for concurrent use.
type names struct {
	mu    sync.Mutex
	known map[string]*memory
	prune int // the next time when there are so many
}

// fewNames are not worth looking for some to forget.
const fewNames = 1024

// of returns the memory of a key, and makes one for a new key.
func (n *names) of(key string, now heartbeat.Instant) *memory {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.known == nil {
		n.known, n.prune = map[string]*memory{}, fewNames
	}
	m := n.known[key]
	if m == nil {
		n.forget(now)
		m = &memory{}
		n.known[key] = m
	}
	m.use(now, 0)
	return m
}

// find returns the memory of a key; nil if there is none.
func (n *names) find(key string) *memory {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.known[key]
}

// forget drops what is too old to matter, each time the number has doubled. The caller has
// the lock.
func (n *names) forget(now heartbeat.Instant) {
	if len(n.known) < n.prune {
		return
	}
	for key, m := range n.known {
		if m.idle(now) > heartbeat.MaxLease {
			delete(n.known, key)
		}
	}
	n.prune = max(fewNames, 2*len(n.known))
}

// use notes that calls begin (1) or end (-1).
func (m *memory) use(now heartbeat.Instant, calls int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls += calls
	m.used = now
}

// idle is for how long there was no call; 0 while there is one.
func (m *memory) idle(now heartbeat.Instant) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.calls > 0 {
		return 0
	}
	return now.Since(m.used)
}

// giveUp notes that a term of our own is about to be given up.
func (m *memory) giveUp(o record.Grant) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.former = append(m.former, o)
}

// lost notes that a term of our own has ended by an answer that showed its end.
func (m *memory) lost(o record.Grant) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.former = slices.DeleteFunc(m.former, func(f record.Grant) bool { return f == o })
}

// mayStand reports whether no answer has shown anything but the held record of this
// former term since it was about to be given up. If one has, and the record is there
// again, Redis went back to it, and somebody else may lead.
func (m *memory) mayStand(o record.Grant) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Contains(m.former, o)
}

// lastPause is the pause of the record that was seen last: Redis may have forgotten it.
func (m *memory) lastPause() record.Pause {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.pause
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

// nextTerm returns the term for a new record: above every term that is known,
// and not below the server's time in milliseconds, so that terms go on rising
// after Redis has lost everything. A server clock that is more than a day off is
// not used; without a record there is no term then, and the error says why.
func (m *memory) nextTerm(s register.Observation, c clocks) (term int64, skewed bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	term = m.term + 1
	if s.Readable() {
		term = max(term, s.Rec.Term+1)
	}
	refused := c.check()
	if refused != nil && !s.Readable() {
		return 0, true, refused
	}
	if refused == nil {
		term = max(term, c.server.UnixMilli())
	}
	if term > record.MaxTerm {
		return 0, refused != nil, fmt.Errorf("%w: the record's term %d leaves no room for another; it was not written by this package", ErrForeignRecord, term-1)
	}
	return term, refused != nil, nil
}
