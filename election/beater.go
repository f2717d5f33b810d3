package election

import (
	"cmp"
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

// A beater drives the tenures of a session from one goroutine: it steps those
// whose time has come and sends their beats in shared packets. It waits for no
// answer; answers come back to it as they arrive.
type beater struct {
	register register.Store
	clock    seam.Clock
	inbox    chan func() // run on the beater's goroutine
	done     chan struct{}
	running  sync.WaitGroup
	sends    sync.WaitGroup
	tenures  tenureHeap // owned by the goroutine
	flying   int        // packets under way; owned by the goroutine

	late atomic.Bool // a beat waits to be sent for more than half a beat
}

// While [register.BeatsFlying] packets of beats are under way, no tenure is stepped: what falls
// due goes with the next one. So packets grow with the distance to Redis, and a
// connection that hangs holds up half of them, for one attempt.
//
// beatsSize is how many a packet holds at most.
const beatsSize = 1024

// beat is one attempt of one tenure, as sent.
type beat struct {
	tenure *tenure
	register.Request
	number int
	floor  int64
}

func startBeater(r register.Store, clock seam.Clock) *beater {
	b := &beater{register: r, clock: clock, inbox: make(chan func(), 64), done: make(chan struct{})}
	b.running.Go(b.run)
	return b
}

// stop ends the goroutine and waits for it and for every request under way.
func (b *beater) stop() {
	close(b.done)
	b.running.Wait()
	b.sends.Wait()
}

// add begins to beat for t.
func (b *beater) add(t *tenure) {
	b.do(func() { heap.Push(&b.tenures, entry{t, t.wake(b.clock.Now())}) })
	context.AfterFunc(t.inner, func() { b.do(func() { b.look(t) }) })
}

// retire stops beating for t and waits until that is so; t is the caller's then.
func (b *beater) retire(t *tenure) {
	retired := make(chan struct{})
	b.do(func() {
		t.checkTrust(b.clock.Now())
		heap.Remove(&b.tenures, t.index)
		close(retired)
	})
	<-retired
}

// hurry has t beat now because of a hint. It never blocks: a full inbox means
// that the hint is lost, as hints may be.
func (b *beater) hurry(t *tenure) {
	select {
	case b.inbox <- func() { b.hurried(t) }:
	default:
	}
}

func (b *beater) hurried(t *tenure) {
	if t.index >= 0 && !t.gone && t.rec.Status == record.Led {
		now := b.clock.Now()
		t.pulse.Hurry(now)
		b.reschedule(t, now)
	}
}

// look notes that the work's context has ended.
func (b *beater) look(t *tenure) {
	if t.index >= 0 {
		now := b.clock.Now()
		t.checkTrust(now)
		b.reschedule(t, now)
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

// alarm fires when a tenure is to be stepped. It is a timer of its own each time:
// after one was set to an earlier time, the runtime looks at all that there are,
// and every tenure has one.
func (b *beater) alarm() <-chan time.Time {
	if len(b.tenures) == 0 || b.flying == register.BeatsFlying {
		return nil
	}
	return time.After(b.clock.Timer(b.tenures[0].at.Mono - b.clock.Now().Mono))
}

// due steps the tenures whose time has come, and those whose time comes soon, and
// returns their beats.
func (b *beater) due() []beat {
	now := b.clock.Now()
	b.late.Store(b.isLate(now))
	if b.flying == register.BeatsFlying || len(b.tenures) == 0 || b.tenures[0].at.Mono > now.Mono {
		return nil
	}
	found := b.most(b.soon(now, 0, nil))
	beats := make([]beat, 0, len(found))
	for _, t := range found {
		floor := t.rec.Beat
		if q, n, ok := t.step(t.early()); ok {
			beats = append(beats, beat{t, q, n, floor})
		}
		b.reschedule(t, now)
	}
	return beats
}

func (b *beater) isLate(now heartbeat.Instant) bool {
	return len(b.tenures) > 0 && now.Mono-b.tenures[0].at.Mono > b.tenures[0].tenure.candidacy.timing.Beat/2
}

// soon appends the tenures that are to be stepped now or soon, of those at i and
// below in the heap. What is below another is not due before it.
func (b *beater) soon(now heartbeat.Instant, i int, found []*tenure) []*tenure {
	if i >= len(b.tenures) || b.tenures[i].at.Mono > now.Mono+b.tenures[i].tenure.early() {
		return found
	}
	found = append(found, b.tenures[i].tenure)
	return b.soon(now, 2*i+2, b.soon(now, 2*i+1, found))
}

// most leaves as many as may be sent now, those whose time came first.
func (b *beater) most(found []*tenure) []*tenure {
	room := (register.BeatsFlying - b.flying) * beatsSize
	if len(found) <= room {
		return found
	}
	slices.SortFunc(found, func(s, t *tenure) int { return cmp.Compare(b.tenures[s.index].at.Mono, b.tenures[t.index].at.Mono) })
	return found[:room]
}

func (b *beater) reschedule(t *tenure, now heartbeat.Instant) {
	b.tenures[t.index].at = t.wake(now)
	heap.Fix(&b.tenures, t.index)
}

// A flight is a packet of beats under way.
type flight struct {
	beats  []beat
	landed bool // counts no more
	timer  *time.Timer
}

// send sends beats in packets, each beside the loop. The trust of each counts
// from before its packet, and nobody waits for a slow one.
func (b *beater) send(beats []beat) {
	for together := range slices.Chunk(beats, beatsSize) {
		f := &flight{beats: together}
		b.flying++
		attempt := b.clock.Timer(f.attempt())
		f.timer = time.AfterFunc(attempt, func() { b.do(func() { b.land(f) }) })
		b.sends.Go(func() { b.exchange(f, attempt) })
	}
}

// attempt is the longest of the packet's attempts.
func (f *flight) attempt() (longest time.Duration) {
	for _, bt := range f.beats {
		longest = max(longest, bt.tenure.candidacy.timing.Attempt)
	}
	return longest
}

// exchange sends a packet and waits for the answers.
func (b *beater) exchange(f *flight, attempt time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), attempt)
	defer cancel()
	replies := b.ask(ctx, f)
	f.timer.Stop() // the loop may have ended, and nobody stop it there
	b.do(func() {
		b.land(f)
		b.take(f, replies)
	})
	for i, bt := range f.beats { // after that: of a term that retires meanwhile, one or the other counts
		bt.Learn(replies[i])
	}
}

func (b *beater) ask(ctx context.Context, f *flight) []register.Reply {
	requests := make([]register.Request, len(f.beats))
	for i, bt := range f.beats {
		requests[i] = bt.Request
	}
	return b.register.Do(ctx, requests...)
}

// land makes room for another packet: the attempt is over, or its answers have
// come. A client's call can outlive its context by many seconds.
func (b *beater) land(f *flight) {
	if !f.landed {
		f.landed = true
		f.timer.Stop()
		b.flying--
	}
}

// take takes in the answers to a packet.
func (b *beater) take(f *flight, replies []register.Reply) {
	now := b.clock.Now()
	for i, bt := range f.beats {
		if bt.tenure.index >= 0 {
			bt.tenure.answered(bt.number, bt.Swap.Next, bt.floor, replies[i])
			b.reschedule(bt.tenure, now)
		}
	}
}

// entry is a tenure and when to step it.
type entry struct {
	tenure *tenure
	at     heartbeat.Instant
}

// tenureHeap orders tenures by when they must be stepped; see container/heap.
type tenureHeap []entry

func (h tenureHeap) Len() int           { return len(h) }
func (h tenureHeap) Less(i, j int) bool { return h[i].at.Mono < h[j].at.Mono }

func (h tenureHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].tenure.index, h[j].tenure.index = i, j
}

func (h *tenureHeap) Push(x any) {
	e := x.(entry)
	e.tenure.index = len(*h)
	*h = append(*h, e)
}

func (h *tenureHeap) Pop() any {
	old := *h
	last := len(old) - 1
	e := old[last]
	old[last] = entry{}
	*h = old[:last]
	e.tenure.index = -1
	return e
}
