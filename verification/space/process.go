package space

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/clocktest"
	"example.com/incumbent/internal/link"
	"example.com/incumbent/internal/redistest"
	"example.com/incumbent/lock"
)

// process is one that shares the space, from its start to its end or its death.
type process struct {
	w     *world
	n     int
	place int  // of the processes that live
	lazy  bool // its session is idle now and then
	clock *clocktest.Clock
	line  *link.Link // of notifications
	hints *redis.Client
	space *lock.Space

	ctx    context.Context // ends with the process
	cancel context.CancelCauseFunc
	died   chan struct{}
	gone   chan struct{} // closed when nothing of it is left
	mine   sync.WaitGroup

	mu  sync.Mutex
	sky weather
}

// begin starts a process in the place of another.
func (w *world) begin(at int) {
	w.mu.Lock()
	w.made++
	p := &process{w: w, n: w.made, place: at, line: w.stub.Link(), sky: fair, died: make(chan struct{}), gone: make(chan struct{})}
	rate := 1 + drift*float64(w.chance.IntN(3)-1)
	seed := w.chance.Uint64()
	if w.calm {
		p.sky = calm
	}
	w.procs[at] = p
	w.mu.Unlock()
	p.clock = clocktest.New(rate)
	p.clock.Seed(seed)
	o := redistest.Options(p.line)
	o.ReadTimeout, o.WriteTimeout, o.DialerRetries, o.MaxRetries, o.ContextTimeoutEnabled = -1, -1, 1, -1, true
	p.hints = redis.NewClient(o)
	p.ctx, p.cancel = context.WithCancelCause(context.Background())
	var rdb election.Redis = client{p}
	if !w.of.cluster() {
		rdb = counting{client{p}}
	}
	s, err := lock.Open(rdb, lock.Config{Name: "storm", ID: fmt.Sprint("p", p.n), Lease: lease, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		w.t.Fatal(err)
	}
	p.space = s
	n := 1 + w.pick(callers)
	if p.lazy = w.happens(0.3); p.lazy {
		n = 1
	}
	for range n {
		p.mine.Go(p.call)
	}
	if w.of.spreads() {
		p.mine.Go(p.spread)
	}
	go p.end()
}

// end closes the space when no call runs any more.
func (p *process) end() {
	defer close(p.gone)
	p.mine.Wait()
	for p.space.Close() != nil { // a call that has returned may still be counted
		time.Sleep(time.Millisecond)
	}
	_ = p.hints.Close()
	p.line.Cut()
}

func (p *process) weather() weather {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sky
}

func (p *process) set(sky weather) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sky = sky
}

func (p *process) dead() bool {
	select {
	case <-p.died:
		return true
	default:
		return false
	}
}

// crash kills the process: its works end at this instant, it sends nothing any more, and
// another takes its place.
func (w *world) crash(at int) {
	p := w.at(at)
	if !p.die() {
		return
	}
	w.book.Crash(p.n)
	p.line.Cut()
	p.cancel(context.Canceled)
	w.begin(at)
}

// die says whether the process has lived until now.
func (p *process) die() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead() {
		return false
	}
	close(p.died)
	return true
}

// at returns the process in a place.
func (w *world) at(i int) *process {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.procs[i]
}
