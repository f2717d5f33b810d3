package election

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/link"
	"example.com/incumbent/internal/redistest"
	"example.com/incumbent/internal/seam"
)

// world is a Redis in a bubble, and candidates each behind a network and a clock
// of its own.
type world struct {
	*testing.T
	stub  *redistest.Stub
	start time.Time
}

// bubble runs f with a fresh world; nothing of it may be left at the end.
func bubble(t *testing.T, f func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f(&world{T: t, stub: redistest.NewStub(t), start: time.Now()})
	})
}

// since is the bubble's time since its start.
func (w *world) since() time.Duration { return time.Since(w.start) }

// record is what stands in Redis.
func (w *world) record() record {
	w.Helper()
	s, err := w.stub.Mini.Get("incumbent:{x}")
	if err != nil {
		w.Fatalf("no record: %v", err)
	}
	r, err := parseRecord(s)
	if err != nil {
		w.Fatalf("record %q: %v", s, err)
	}
	return r
}

// candidate is one process.
type candidate struct {
	*Elector
	w      *world
	link   *link.Link
	client *redis.Client
	clock  *testClock

	mu     sync.Mutex
	events []Event
	over   []Overrun
}

// clocked is a client that brings a clock, as a simulation's does.
type clocked struct {
	*redis.Client
	clock seam.Clock
}

func (c clocked) Clock() seam.Clock { return c.clock }

// testClock is the bubble's clock with a rate, a wall clock that can be set, and
// stalls.
type testClock struct {
	start time.Time
	rate  float64

	mu    sync.Mutex
	wall  time.Duration // added to the wall clock
	until time.Time     // stalled until then
}

func (c *testClock) Now() heartbeat.Instant {
	c.mu.Lock()
	until, wall := c.until, c.wall
	c.mu.Unlock()
	time.Sleep(time.Until(until)) // a stalled process stands still wherever it looks at the clock
	mono := time.Duration(float64(time.Since(c.start)) * c.rate)
	return heartbeat.Instant{Mono: mono, Wall: time.Duration(c.start.UnixNano()) + mono + wall}
}

func (c *testClock) Timer(d time.Duration) time.Duration {
	return time.Duration(float64(d) / c.rate)
}

func (c *testClock) Float64() float64 { return 0.5 }

// stall stops the process for d.
func (c *testClock) stall(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until = time.Now().Add(d)
}

// setWall steps the wall clock by d.
func (c *testClock) setWall(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wall += d
}

// candidate returns a candidate of election x; the lease is 15 s if not changed.
func (w *world) candidate(id string, mutate ...func(*Config)) *candidate {
	w.Helper()
	c := &candidate{w: w, link: w.stub.Link(), clock: &testClock{start: time.Now(), rate: 1}}
	c.client = w.stub.Client(c.link)
	cfg := Config{Name: "x", ID: id, Bootstrap: Immediate, Logger: slog.New(slog.DiscardHandler)}
	cfg.Observer = func(ev Event) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.events = append(c.events, ev)
	}
	cfg.OnOverrun = func(o Overrun) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.over = append(c.over, o)
	}
	for _, m := range mutate {
		m(&cfg)
	}
	conn, err := Connect(c.derived(), cfg.Logger)
	if err != nil {
		w.Fatal(err)
	}
	c.Elector, err = conn.Elector(cfg)
	if err != nil {
		w.Fatal(err)
	}
	return c
}

// derived is what dedicated makes of a plain client, with a clock.
func (c *candidate) derived() Redis {
	own, closeOwn := dedicated(c.client)
	c.w.Cleanup(func() { _ = closeOwn() })
	return clocked{own.(*redis.Client), c.clock}
}

// kinds are the events so far, beats left out.
func (c *candidate) kinds() []Kind {
	c.mu.Lock()
	defer c.mu.Unlock()
	var k []Kind
	for _, ev := range c.events {
		if ev.Kind != Beat {
			k = append(k, ev.Kind)
		}
	}
	return k
}

// event is the last event of a kind.
func (c *candidate) event(k Kind) (Event, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, ev := range slices.Backward(c.events) {
		if ev.Kind == k {
			return ev, true
		}
	}
	return Event{}, false
}

// count is how many events of a kind there were.
func (c *candidate) count(k Kind) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, ev := range c.events {
		if ev.Kind == k {
			n++
		}
	}
	return n
}

// overruns are what OnOverrun was told.
func (c *candidate) overruns() []Overrun {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.over)
}

// run is a Lead under way.
type run struct {
	c       *candidate
	cancel  context.CancelCauseFunc
	elected chan struct{} // closed when the work has begun
	ended   chan struct{} // closed when Lead has returned
	ctx     context.Context
	term    Term
	at      time.Duration // when the work began
	err     error
	errAt   time.Duration
}

// lead runs Lead with the work, in the background.
func (c *candidate) lead(work Work) *run {
	r := &run{c: c, elected: make(chan struct{}), ended: make(chan struct{})}
	ctx, cancel := context.WithCancelCause(context.Background())
	r.cancel = cancel
	c.w.Cleanup(func() { cancel(nil); <-r.ended })
	go func() {
		defer close(r.ended)
		r.err = c.Lead(ctx, func(ctx context.Context, term Term) error {
			r.ctx, r.term, r.at = ctx, term, c.w.since()
			close(r.elected)
			return work(ctx, term)
		})
		r.errAt = c.w.since()
	}()
	return r
}

// obey is work that ends with its context.
func obey(ctx context.Context, _ Term) error {
	<-ctx.Done()
	return ctx.Err()
}

// isElected reports whether the work has begun.
func (r *run) isElected() bool {
	synctest.Wait()
	select {
	case <-r.elected:
		return true
	default:
		return false
	}
}

// stop ends the caller's context and waits for Lead to return.
func (r *run) stop() error {
	r.cancel(nil)
	<-r.ended
	return r.err
}
