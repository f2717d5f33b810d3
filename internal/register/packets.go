package register

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Packets sends requests that are made at about the same time together. A request
// goes at once while few packets are under way; what comes while more are goes
// with the next one, so that packets grow with the distance to Redis. Beats have
// packets of their own, which their sender sends.
type Packets struct {
	store Store
	From  *Target // for errors
	calls *sync.WaitGroup
	late  *atomic.Bool // beats are late

	mu     sync.Mutex
	swaps  []*posted // waiting; these go first
	looks  []*posted
	flying int
}

// NewPackets returns what sends to a store. Requests under way are counted in calls; late
// says whether beats are.
func NewPackets(s Store, from *Target, calls *sync.WaitGroup, late *atomic.Bool) *Packets {
	return &Packets{store: s, From: from, calls: calls, late: late}
}

// BeatsFlying is how many packets of beats may be under way beside them.
const BeatsFlying = 2

const (
	packetSize    = 512
	packetsFlying = 2

	// fewLooks is how many looks a packet holds when beats are late: who can't keep
	// what it has must not take on more.
	fewLooks = 16
)

// posted is a request and who waits for its answer.
type posted struct {
	Request

	attempt time.Duration // of real time
	answer  chan Reply
	sent    time.Time // zero until then
	gone    bool      // nobody waits any more
}

// Afterwards is how long after its caller's deadline a packet ends. If it ended with
// it, that would look like trouble with Redis now and then.
const Afterwards = time.Millisecond

// Do sends a request and waits for its answer; see [Await].
func (p *Packets) Do(ctx context.Context, attempt time.Duration, q Request) Reply {
	w := &posted{Request: q, attempt: attempt, answer: make(chan Reply, 1)}
	if d, ok := ctx.Deadline(); ok {
		w.attempt = min(attempt-Afterwards, time.Until(d)) + Afterwards // a sum that cannot overflow
	}
	p.post(w)
	for left := attempt; ; left = p.left(w) {
		r, came := Await(ctx, left, w.answer, p.From)
		if came || ctx.Err() != nil || p.left(w) <= 0 {
			p.abandon(w)
			return r
		}
	}
}

// left is what is left of a request's attempt, which begins when it is sent: else
// a crowd of requests would give each other up, and ask again, for ever.
func (p *Packets) left(w *posted) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if w.sent.IsZero() {
		return w.attempt
	}
	return w.attempt - time.Since(w.sent)
}

// Await waits for an answer, for an attempt or as long as ctx lasts. A client's
// call can outlive its context by many seconds, so its return decides nothing. One that
// gives up with the attempt knows why, which is worth a moment.
func Await(ctx context.Context, attempt time.Duration, answer <-chan Reply, from *Target) (r Reply, came bool) {
	r, came = receive(ctx, attempt, answer)
	if !came && ctx.Err() == nil {
		r, came = receive(ctx, lastWords, answer)
	}
	switch {
	case came:
		return r, true
	case ctx.Err() != nil:
		return Reply{Err: from.ended(context.Cause(ctx))}, false
	}
	return Reply{Err: from.Silent(attempt)}, false
}

// lastWords is how long after an attempt the client's own error is waited for.
const lastWords = 20 * time.Millisecond

// receive waits for an answer for so long.
func receive(ctx context.Context, d time.Duration, answer <-chan Reply) (r Reply, came bool) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	select {
	case r = <-answer:
		return r, true
	case <-ctx.Done():
	}
	select {
	case r = <-answer: // both at once
		return r, true
	default:
		return Reply{}, false
	}
}

func (p *Packets) post(w *posted) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if w.Swap != nil {
		p.swaps = append(p.swaps, w)
	} else {
		p.looks = append(p.looks, w)
	}
	if p.flying < packetsFlying {
		p.flying++
		p.calls.Go(p.fly)
	}
}

// abandon has a request that was not sent stay so.
func (p *Packets) abandon(w *posted) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w.gone = true
}

// fly sends packets until nothing waits.
func (p *Packets) fly() {
	for together := p.load(); len(together) > 0; together = p.load() {
		if !p.exchange(together) {
			return
		}
	}
}

// exchange sends a packet and waits for the answers. It reports whether they came
// within an attempt. If not, another goroutine flies in this one's place: a client's
// call that outlives its context must not hold up the next.
func (p *Packets) exchange(together []*posted) (inTime bool) {
	var attempt time.Duration
	requests := make([]Request, len(together))
	for i, w := range together {
		requests[i] = w.Request
		attempt = max(attempt, w.attempt)
	}
	ctx, cancel := context.WithTimeout(context.Background(), attempt)
	defer cancel()
	replaced := make(chan struct{})
	timer := time.AfterFunc(attempt, func() { p.calls.Go(p.fly); close(replaced) })
	for i, r := range p.store.Do(ctx, requests...) {
		together[i].Learn(r) // also if nobody waits any more
		together[i].answer <- r
	}
	if inTime = timer.Stop(); !inTime {
		<-replaced // else it might begin when nobody waits for it any more
	}
	return inTime
}

// load takes what goes into the next packet; nothing, and there is none.
func (p *Packets) load() []*posted {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	together := take(&p.swaps, now, packetSize, nil)
	together = take(&p.looks, now, min(packetSize, len(together)+p.room()), together)
	if len(together) == 0 {
		p.flying--
	}
	return together
}

// room is how many looks the next packet may hold.
func (p *Packets) room() int {
	if p.late.Load() {
		return fewLooks
	}
	return packetSize
}

// take moves requests that somebody waits for from a queue into a packet, until it
// holds so many.
func take(queue *[]*posted, now time.Time, size int, packet []*posted) []*posted {
	taken := 0
	for _, w := range *queue {
		if len(packet) == size {
			break
		}
		if taken++; !w.gone {
			w.sent = now
			packet = append(packet, w)
		}
	}
	clear((*queue)[:taken]) // what is left of the array lives on
	if *queue = (*queue)[taken:]; len(*queue) == 0 {
		*queue = nil
	}
	return packet
}
