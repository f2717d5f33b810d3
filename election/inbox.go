package election

import (
	"strings"
	"sync"

	"example.com/incumbent/internal/pubsub"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/succession"
)

// A push is a record that was published by the script that wrote it.
type push struct {
	register.Observation
	rank int // 1 for who is told of a vacancy first, and so on; 0: all are told
}

// A mailbox keeps the latest push for a watcher and wakes it. It is filled by the
// goroutine that receives, and never blocks it.
type mailbox struct {
	wake chan struct{}

	mu     sync.Mutex
	best   push
	full   bool
	look   bool
	leader record.Grant // whose beats are no news
}

// newMailbox returns a mailbox that calls for a look: nothing is known yet.
func newMailbox() *mailbox { return &mailbox{wake: make(chan struct{}, 1), look: true} }

// hear takes in what all are told. What is no record is dropped.
func (m *mailbox) hear(msg pubsub.Message) {
	if msg.Subscribed {
		m.lookAgain()
		wake(m.wake)
		return
	}
	m.put(msg, msg.Text, 0)
}

// hearFirst takes in what only some waiting candidates are told: a rank, and a
// vacancy.
func (m *mailbox) hearFirst(msg pubsub.Message) {
	rank, bytes, _ := strings.Cut(msg.Text, " ")
	if len(rank) == 1 && rank[0] >= '1' && rank[0] <= '0'+succession.MaxHeirs {
		m.put(msg, bytes, int(rank[0]-'0'))
	}
}

// put keeps a push if it is later than what is kept: only the latest counts.
func (m *mailbox) put(msg pubsub.Message, bytes string, rank int) {
	p := push{Observation: register.NewObservation(true, bytes), rank: rank}
	p.Received = msg.Received
	if !p.Readable() {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.full || p.Rec.Term > m.best.Rec.Term || p.Rec.Term == m.best.Rec.Term && p.Rec.Beat > m.best.Rec.Beat {
		m.best, m.full = p, true
		if p.Rec.Status != record.Led || p.Rec.Grant() != m.leader {
			wake(m.wake)
		}
	}
}

// expect says whose beats the watcher need not be woken for: they only put off
// what it waits for, and it looks here before it acts. The zero owner is nobody.
func (m *mailbox) expect(leader record.Grant) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.leader = leader
}

// take empties the mailbox. It reports whether there was a push, and whether a
// look is called for.
func (m *mailbox) take() (p push, pushed, look bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, pushed, look = m.best, m.full, m.look
	m.best, m.full, m.look = push{}, false, false
	return p, pushed, look
}

func (m *mailbox) lookAgain() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.look = true
}
