package election

import (
	"container/heap"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/seam"
)

// A beater drives the terms of a session from one goroutine: it steps those
// whose time has come and sends their beats in shared batches. It waits for no
// answer; answers come back to it as they arrive.
//
// While all lanes are busy it steps no term: what falls due goes with the next batch. So
// batches grow with the distance to Redis, and a connection that hangs holds up half of
// the beats, for one attempt.
type beater struct {
	lanes   *register.Lanes
	clock   seam.Clock
	inbox   chan func() // run on the beater's goroutine
	done    chan struct{}
	running sync.WaitGroup
	terms   termHeap // owned by the goroutine

	overloaded atomic.Bool // a beat waits to be sent for more than half a beat
}

// beatBatch is how many beats a batch holds at most.
const beatBatch = 1024

// beat is one attempt of one term, as sent.
type beat struct {
	leadership *leadership
	swap       *register.Swap
	number     int   // of the attempt
	floor      int64 // the beat that was confirmed when it was sent
}

func newBeater(s register.Store, clock seam.Clock) *beater {
	return &beater{lanes: register.NewLanes(s, register.BeatLanes), clock: clock, inbox: make(chan func(), 64), done: make(chan struct{})}
}

func startBeater(s register.Store, clock seam.Clock) *beater {
	b := newBeater(s, clock)
	b.running.Go(b.run)
	return b
}

// stop ends the goroutine and waits for it and for every batch under way.
func (b *beater) stop() {
	close(b.done)
	b.running.Wait()
	b.lanes.Wait()
}

// add begins to beat for l.
func (b *beater) add(l *leadership) {
	b.do(func() { b.schedule(l, b.clock.Now()) })
	context.AfterFunc(l.trust.ctx, func() { b.do(func() { b.onContextEnd(l) }) })
}

// retire stops beating for l and waits until that is so; l is the caller's then.
func (b *beater) retire(l *leadership) {
	retired := make(chan struct{})
	b.do(func() {
		l.checkTrust(b.clock.Now())
		l.retired = true
		heap.Remove(&b.terms, l.index)
		close(retired)
	})
	<-retired
}

// hurry has l beat now because of a notification. It never blocks: a full inbox means
// that the notification is lost, as notifications may be.
func (b *beater) hurry(l *leadership) {
	select {
	case b.inbox <- func() { b.onHurry(l) }:
	default:
	}
}

func (b *beater) onHurry(l *leadership) {
	if !l.retired && !l.lost && l.rec.Status == record.Led {
		now := b.clock.Now()
		l.hurried = l.waits()
		l.pulse.Hurry(now)
		b.reschedule(l, now)
	}
}

// removePause has the next beat of l remove that pause, whose time has come.
func (b *beater) removePause(l *leadership, over record.Pause) {
	if !l.retired && !l.lost {
		now := b.clock.Now()
		l.hold.over = over
		l.pulse.Hurry(now)
		b.reschedule(l, now)
	}
}

// onContextEnd notes that the work's context has ended.
func (b *beater) onContextEnd(l *leadership) {
	if !l.retired {
		now := b.clock.Now()
		l.checkTrust(now)
		b.reschedule(l, now)
	}
}

// do runs f on the beater's goroutine, soon; not at all once that has ended.
func (b *beater) do(f func()) {
	select {
	case b.inbox <- f:
	case <-b.done:
	}
}

func (b *beater) run() {
	for {
		select {
		case <-b.done:
			return
		case f := <-b.inbox:
			f()
		case <-b.alarm():
		}
		b.send(b.due())
	}
}

// alarm fires when a term is to be stepped. It is a timer of its own each time:
// after one was set to an earlier time, the runtime looks at all that there are,
// and every term has one.
func (b *beater) alarm() <-chan time.Time {
	if len(b.terms) == 0 || b.lanes.Free() == 0 {
		return nil
	}
	return time.After(b.clock.Timer(b.terms[0].due - b.clock.Now().Mono))
}

// due steps the terms whose time has come, and those whose time comes soon, and
// returns their beats.
func (b *beater) due() []beat {
	now := b.clock.Now()
	b.overloaded.Store(b.isOverloaded(now))
	stepped := b.popDue(now)
	if len(stepped) == 0 {
		return nil
	}
	beats := make([]beat, 0, len(stepped))
	for _, l := range stepped {
		if bt, ok := l.step(l.early()); ok {
			beats = append(beats, bt)
		}
		b.schedule(l, now)
	}
	return beats
}

func (b *beater) isOverloaded(now heartbeat.Instant) bool {
	return len(b.terms) > 0 && now.Mono-b.terms[0].due > b.terms[0].candidacy.timing.Beat/2
}

// popDue takes terms from the heap, the earliest first and as many as may be sent: if one
// is due now, that one and those that are due soon.
func (b *beater) popDue(now heartbeat.Instant) []*leadership {
	room := b.lanes.Free() * beatBatch
	if len(b.terms) == 0 || b.terms[0].due > now.Mono {
		return nil
	}
	var due []*leadership
	for len(due) < room && len(b.terms) > 0 && b.terms[0].due <= now.Mono+b.terms[0].early() {
		due = append(due, heap.Pop(&b.terms).(*leadership))
	}
	return due
}

// schedule puts a term into the heap.
func (b *beater) schedule(l *leadership, now heartbeat.Instant) {
	l.due = now.Mono + l.untilStep(now)
	heap.Push(&b.terms, l)
}

// reschedule moves a term within the heap.
func (b *beater) reschedule(l *leadership, now heartbeat.Instant) {
	l.due = now.Mono + l.untilStep(now)
	heap.Fix(&b.terms, l.index)
}

// send sends beats in batches, each beside the loop. The trust of each counts
// from before its batch, and nobody waits for a slow one.
func (b *beater) send(beats []beat) {
	for batch := range slices.Chunk(beats, beatBatch) {
		b.lanes.Send(b.batch(batch))
	}
}

// batch is what the lanes get of beats.
func (b *beater) batch(beats []beat) register.Batch {
	requests, wake := requestsOf(beats), func() {}
	return register.Batch{
		Requests: requests,
		Attempt:  b.clock.Timer(longestAttempt(beats)),
		Over:     func() { b.do(wake) }, // the loop looks at the lanes again
		Replied: func(replies []register.Reply) {
			b.do(func() { b.deliver(beats, replies) })
			remember(beats, replies) // and not before that
		},
	}
}

// remember has the memories of the elections take in the replies to a batch. It comes
// after the delivery. A reply may show the end of a term that retires meanwhile, and then
// one of two must know of it: the leadership, or the memory, in which the term was noted as
// given up before it retired. If the delivery came too late for the leadership, it came after
// that note, and so does this. A reply that was remembered first could miss the note, and
// then its delivery the leadership: nothing would keep the candidate from releasing that
// record if Redis went back to it, with a successor at work.
func remember(beats []beat, replies []register.Reply) {
	for i, bt := range beats {
		bt.leadership.memory.learn(replies[i])
	}
}

func requestsOf(beats []beat) []register.Request {
	requests := make([]register.Request, len(beats))
	for i, bt := range beats {
		requests[i] = register.Request{Place: bt.leadership.candidacy.place, Swap: bt.swap}
	}
	return requests
}

func longestAttempt(beats []beat) (longest time.Duration) {
	for _, bt := range beats {
		longest = max(longest, bt.leadership.candidacy.timing.Attempt)
	}
	return longest
}

// deliver takes in the answers to a batch.
func (b *beater) deliver(beats []beat, replies []register.Reply) {
	now := b.clock.Now()
	for i, bt := range beats {
		if !bt.leadership.retired {
			bt.leadership.answered(bt, replies[i])
			b.reschedule(bt.leadership, now)
		}
	}
}

// termHeap orders terms by when they must be stepped; see container/heap.
type termHeap []*leadership

func (h termHeap) Len() int           { return len(h) }
func (h termHeap) Less(i, j int) bool { return h[i].due < h[j].due }

func (h termHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push puts a term at the end.
func (h *termHeap) Push(x any) {
	l := x.(*leadership)
	l.index = len(*h)
	*h = append(*h, l)
}

// Pop takes the last term away.
func (h *termHeap) Pop() any {
	old := *h
	last := len(old) - 1
	l := old[last]
	old[last] = nil
	*h = old[:last]
	return l
}
