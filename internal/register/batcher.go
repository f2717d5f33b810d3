package register

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// A Batcher sends requests that are made at about the same time in one batch. A request
// goes at once while a lane is free. Later ones wait for a lane and share the next batch,
// so batches grow with the distance to Redis. Beats have lanes of their own.
type Batcher struct {
	From *Target // for errors

	lanes      *Lanes
	overloaded *atomic.Bool

	mu    sync.Mutex
	swaps []*pending // waiting; these go first
	looks []*pending
}

// NewBatcher returns what sends to a store. Overloaded says whether beats are late.
func NewBatcher(s Store, from *Target, overloaded *atomic.Bool) *Batcher {
	return &Batcher{From: from, lanes: NewLanes(s, requestLanes), overloaded: overloaded}
}

// BeatLanes is how many batches of beats may be under way beside other requests.
const BeatLanes = 2

const (
	requestLanes = 2
	batchSize    = 512

	// fewLooks is how many looks a batch holds when beats are late. Late beats mean
	// overload: few looks keep the process from winning more elections.
	fewLooks = 16
)

// Afterwards is how long after its caller's deadline a batch ends. If it ended with
// it, that would look like trouble with Redis now and then.
const Afterwards = time.Millisecond

// lastWords is how long after an attempt the client's own error is waited for: it knows
// why it gave up.
const lastWords = 20 * time.Millisecond

// pending is a request whose caller waits for the answer.
type pending struct {
	request   Request
	attempt   time.Duration // for the batch: of real time
	sent      chan struct{} // closed when it is sent
	answer    chan Reply    // with room for it
	abandoned bool          // nobody waits any more; guarded by the batcher's lock
}

// Do sends a request and waits for its answer, for an attempt or as long as ctx lasts. The
// attempt begins when the request is sent: else a crowd of requests would give each other
// up, and ask again, for ever.
func (b *Batcher) Do(ctx context.Context, attempt time.Duration, q Request) Reply {
	w := &pending{request: q, attempt: attempt, sent: make(chan struct{}), answer: make(chan Reply, 1)}
	if d, ok := ctx.Deadline(); ok {
		w.attempt = min(attempt-Afterwards, time.Until(d)) + Afterwards // a sum that cannot overflow
	}
	b.post(w)
	r, answered := b.await(ctx, attempt, w)
	if !answered {
		b.abandon(w)
	}
	return r
}

// Peek is a look in plain commands, alone in its packet. It waits as Do does.
func (b *Batcher) Peek(ctx context.Context, attempt time.Duration, place Place) Reply {
	w := &pending{sent: make(chan struct{}), answer: make(chan Reply, 1)}
	close(w.sent)
	b.lanes.calls.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), attempt)
		defer cancel()
		seen, err := b.lanes.store.Peek(ctx, place.Key)
		w.answer <- Reply{Observation: seen, Err: err}
	})
	r, _ := b.await(ctx, attempt, w)
	return r
}

// Wait waits until every call has returned. Nobody may ask meanwhile.
func (b *Batcher) Wait() { b.lanes.Wait() }

// await waits for an answer. A client's call can outlive its context by many seconds, so
// its return decides nothing.
func (b *Batcher) await(ctx context.Context, attempt time.Duration, w *pending) (r Reply, answered bool) {
	select {
	case <-w.sent:
	case <-ctx.Done():
	}
	over := time.NewTimer(attempt + lastWords)
	defer over.Stop()
	select {
	case r = <-w.answer:
		return r, true
	case <-ctx.Done():
	case <-over.C:
	}
	select {
	case r = <-w.answer: // both at once
		return r, true
	default:
	}
	if ctx.Err() != nil {
		return Reply{Err: b.From.ended(context.Cause(ctx))}, false
	}
	return Reply{Err: b.From.Silent(attempt)}, false
}

func (b *Batcher) post(w *pending) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if w.request.Swap != nil {
		b.swaps = append(b.swaps, w)
	} else {
		b.looks = append(b.looks, w)
	}
	b.fill()
}

// abandon has a request that was not sent stay so.
func (b *Batcher) abandon(w *pending) {
	b.mu.Lock()
	defer b.mu.Unlock()
	w.abandoned = true
}

// sendNext sends what waits, when a lane has become free.
func (b *Batcher) sendNext() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fill()
}

// fill sends what waits while a lane is free. The caller has the lock.
func (b *Batcher) fill() {
	for b.lanes.Free() > 0 {
		batch := b.nextBatch()
		if len(batch) == 0 {
			return
		}
		b.send(batch)
	}
}

func (b *Batcher) send(batch []*pending) {
	var attempt time.Duration
	requests := make([]Request, len(batch))
	for i, w := range batch {
		requests[i] = w.request
		attempt = max(attempt, w.attempt)
	}
	b.lanes.Send(Batch{requests, attempt, b.sendNext, func(replies []Reply) {
		for i, w := range batch {
			w.answer <- replies[i]
		}
		b.sendNext()
	}})
}

// nextBatch takes what goes into the next batch from the queues; it is empty if nothing
// waits.
func (b *Batcher) nextBatch() []*pending {
	batch := take(&b.swaps, batchSize, nil)
	return take(&b.looks, min(batchSize, len(batch)+b.mostLooks()), batch)
}

// mostLooks is how many looks the next batch may hold.
func (b *Batcher) mostLooks() int {
	if b.overloaded.Load() {
		return fewLooks
	}
	return batchSize
}

// take moves requests that somebody waits for from a queue into a batch, until it
// holds so many.
func take(queue *[]*pending, size int, batch []*pending) []*pending {
	taken := 0
	for _, w := range *queue {
		if len(batch) == size {
			break
		}
		if taken++; !w.abandoned {
			close(w.sent)
			batch = append(batch, w)
		}
	}
	clear((*queue)[:taken]) // what is left of the array lives on
	if *queue = (*queue)[taken:]; len(*queue) == 0 {
		*queue = nil
	}
	return batch
}
