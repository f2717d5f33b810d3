package election

import (
	"strings"
	"sync"

	"example.com/incumbent/internal/pubsub"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/succession"
)

// A notification is a record that was published by the script that wrote it.
type notification struct {
	seen register.Observation
	rank int // 1 for whom a vacancy is announced to first, and so on; 0: it is published to all
}

// An inbox keeps the latest notification for a watcher and wakes it. It is filled by the
// goroutine that receives, and never blocks it.
type inbox struct {
	wake chan struct{}

	mu     sync.Mutex
	latest notification
	full   bool
	look   bool
	leader record.Grant // whose beats are no news
	pause  record.Pause // while they have that one
}

// newInbox returns an inbox that calls for a look: nothing is known yet.
func newInbox() *inbox { return &inbox{wake: make(chan struct{}, 1), look: true} }

// onRecord takes in what is published to all. What is no record is dropped.
func (b *inbox) onRecord(msg pubsub.Message) {
	if msg.Subscribed {
		b.lookAgain()
		wake(b.wake)
		return
	}
	b.offer(msg, msg.Text, 0)
}

// onVacancy takes in what is published to some waiting candidates only: a rank, and a
// vacancy.
func (b *inbox) onVacancy(msg pubsub.Message) {
	rank, bytes, _ := strings.Cut(msg.Text, " ")
	if len(rank) == 1 && rank[0] >= '1' && rank[0] <= '0'+succession.MaxNotified {
		b.offer(msg, bytes, int(rank[0]-'0'))
	}
}

// offer keeps a record if it is later than what is kept: only the latest counts.
func (b *inbox) offer(msg pubsub.Message, bytes string, rank int) {
	n := notification{seen: register.NewObservation(true, bytes), rank: rank}
	n.seen.Received = msg.Received
	if !n.seen.Readable() {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.full && !isLater(n.seen.Rec, b.latest.seen.Rec) {
		return
	}
	b.latest, b.full = n, true
	if n.seen.Rec.Status != record.Led || n.seen.Rec.Grant() != b.leader || n.seen.Rec.Pause() != b.pause {
		wake(b.wake)
	}
}

// isLater reports whether a record was written after another.
func isLater(r, other record.Record) bool {
	return r.Term > other.Term || r.Term == other.Term && r.Beat > other.Beat
}

// ignoreBeatsOf says whose beats the watcher need not be woken for: they only put off
// what it waits for, and it looks here before it acts. The zero grant is nobody's.
func (b *inbox) ignoreBeatsOf(leader record.Grant, pause record.Pause) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.leader, b.pause = leader, pause
}

// take empties the inbox. It reports whether there was a notification, and whether a
// look is called for.
func (b *inbox) take() (n notification, notified, look bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n, notified, look = b.latest, b.full, b.look
	b.latest, b.full, b.look = notification{}, false, false
	return n, notified, look
}

func (b *inbox) lookAgain() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.look = true
}
