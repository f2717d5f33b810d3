package register

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Lanes are the few batches of requests that may be under way at a time. A lane is free
// again when the replies have come, or when the attempt is over: a client's call can
// outlive its context by many seconds, and must not hold up the next batch. All methods
// are safe for concurrent use.
type Lanes struct {
	store  Store
	number int
	busy   atomic.Int64
	calls  sync.WaitGroup
}

// A Batch is requests that are sent in one packet.
type Batch struct {
	Requests []Request
	Attempt  time.Duration // how long the store may try, by package time
	// Over is called if the attempt ends before the replies come.
	Over func()
	// Replied is called with the replies, in the order of the requests; after Over if that
	// is called.
	Replied func(replies []Reply)
}

// NewLanes returns so many lanes to a store.
func NewLanes(s Store, number int) *Lanes { return &Lanes{store: s, number: number} }

// Free is how many more batches may be sent now.
func (l *Lanes) Free() int { return l.number - int(l.busy.Load()) }

// Send sends a batch, and does not block. The caller has made sure that a lane is free.
// When Over or Replied is called for the first time, the lane is free again. They are
// called on goroutines of their own, and may send the next batch.
func (l *Lanes) Send(b Batch) {
	l.busy.Add(1)
	l.calls.Go(func() { l.run(b) })
}

func (l *Lanes) run(b Batch) {
	ctx, cancel := context.WithTimeout(context.Background(), b.Attempt)
	defer cancel()
	over := make(chan struct{})
	attempt := time.AfterFunc(b.Attempt, func() {
		l.busy.Add(-1)
		b.Over()
		close(over)
	})
	replies := l.store.Do(ctx, b.Requests...)
	if attempt.Stop() {
		l.busy.Add(-1)
	} else {
		<-over // it may send, while this call is still waited for
	}
	b.Replied(replies)
}

// Wait waits until every call has returned. Nobody may send meanwhile, but for Over and
// Replied.
func (l *Lanes) Wait() { l.calls.Wait() }
