package fresh

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/ctxerr"
	"example.com/incumbent/internal/seam"
)

// A reader is what a process knows of a value, for all who read it there.
type reader struct {
	store  *store
	clock  seam.Clock
	every  time.Duration
	decode func(text string) (any, error)
	log    *slog.Logger
	nudge  chan struct{} // to who keeps the value in this process: it is not there

	has atomic.Pointer[held]

	mu      sync.Mutex
	asking  bool          // a call of this process asks Redis
	asked   time.Duration // when the last one had its answer
	vain    int           // how many answers in a row brought nothing new
	news    bool          // a new value came since the last call began to ask
	trouble error         // of the last answer
	changed chan struct{} // closed at each change of these, and replaced
}

func newReader(s *store, cfg Config, decode func(text string) (any, error)) *reader {
	return &reader{
		store: s, clock: s.clock, every: cfg.Every, decode: decode, log: cfg.Logger.With("value", cfg.Name),
		nudge: make(chan struct{}, 1), changed: make(chan struct{}),
	}
}

// get returns the value. The look at the clock comes last: whoever was paused before it does
// not return what has expired meanwhile.
func (r *reader) get(ctx context.Context) (any, error) {
	for {
		c := r.has.Load()
		now := r.clock.Now()
		alive := c.alive(now)
		switch over := ctx.Err() != nil; {
		case alive && (over || !c.due(now)):
			return c.value, nil
		case over:
			return nil, r.none(r.last(), context.Cause(ctx))
		}
		t := r.turn(c, alive)
		switch {
		case t.mine:
			r.ask(ctx, c)
		case alive:
			if c.alive(r.clock.Now()) {
				return c.value, nil
			}
		case t.hopeless != nil:
			return nil, r.none(t.hopeless, nil)
		default:
			r.await(ctx, t)
		}
	}
}

// A turn says who asks Redis.
type turn struct {
	mine     bool          // this call does
	changed  chan struct{} // closed when there is news
	wait     time.Duration // before it is time to ask again; 0 while another call asks
	hopeless error         // what waiting does not mend
}

// turn gives the calls of a process turns at asking.
func (r *reader) turn(c *held, alive bool) turn {
	now := r.clock.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.asking {
		return turn{changed: r.changed}
	}
	wait := r.asked + pause(c, now, r.every, r.vain) - now.Mono
	if wait <= 0 || r.vain == 0 {
		r.asking, r.news = true, false
		return turn{mine: true}
	}
	t := turn{changed: r.changed, wait: wait}
	if !alive && election.Permanent(r.trouble) {
		t.hopeless = r.trouble
	}
	return t
}

// await waits for news, for its turn, or for the end of ctx.
func (r *reader) await(ctx context.Context, t turn) {
	var over <-chan time.Time
	if t.wait > 0 {
		timer := time.NewTimer(r.clock.Timer(t.wait))
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-ctx.Done():
	case <-t.changed:
	case <-over:
	}
}

// ask asks Redis, for all who read in this process.
func (r *reader) ask(ctx context.Context, c *held) {
	counts, trouble := false, error(nil)
	defer func() { r.end(counts, trouble) }() // also if the decoding panics
	a, err := r.store.read(ctx, c.known())
	if err != nil && ctxerr.Over(ctx) {
		return // by the caller's own deadline, which says nothing of Redis
	}
	found := false
	if err == nil {
		_, found, err = r.take(a, c)
	}
	counts, trouble = true, err
	if err == nil && !found {
		select {
		case r.nudge <- struct{}{}:
		default:
		}
	}
}

// known is the head of what the reader has.
func (c *held) known() string {
	if c == nil {
		return ""
	}
	return c.head.String()
}

// end lets the next call ask.
func (r *reader) end(counts bool, trouble error) {
	now := r.clock.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asking = false
	r.publish()
	if !counts {
		return
	}
	r.asked = now.Mono
	if !r.news {
		r.vain++
	}
	if trouble != nil && r.trouble == nil {
		r.log.Warn("fresh: reading failed", "error", trouble)
	}
	r.trouble = trouble
}

// publish wakes who waits. The caller has the lock.
func (r *reader) publish() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// take takes what Redis answered. It reports whether there is a value that has not expired;
// an error says that it cannot be read.
func (r *reader) take(a answer, c *held) (h head, found bool, err error) {
	if !a.present {
		return head{}, false, nil
	}
	var value any
	jitter := r.clock.Float64()
	if a.bytes == "" && c != nil {
		h, value, jitter = c.head, c.value, c.jitter
	} else {
		text := ""
		if h, text, err = parse(a.bytes); err != nil {
			return h, false, r.store.foreign(err)
		}
		if value, err = r.decode(text); err != nil {
			return h, false, &decodeError{r.store.foreign(err)}
		}
	}
	n := newHeld(h, value, a, r.every, jitter)
	r.keep(n)
	return h, n.left > 0, nil
}

// decodeError is about a value that another version of the program may have written.
type decodeError struct{ error }

func (e *decodeError) Unwrap() error { return e.error }

// keep replaces what the process has, unless that is newer and alive: an answer may be late,
// and Redis may have gone back.
func (r *reader) keep(n *held) {
	now := r.clock.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.has.Load()
	if c.alive(now) && c.head.after(n.head) {
		return
	}
	r.has.Store(n)
	if n.left > 0 && (c == nil || n.head != c.head) {
		r.vain, r.news, r.trouble = 0, true, nil
		r.publish()
	}
}

// drop forgets what the process has.
func (r *reader) drop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.has.Store(nil)
	r.vain = 0
	r.publish()
}

// last is what troubled the last call that asked, or nil.
func (r *reader) last() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.trouble
}

// none is the error of a call that found no value, for that trouble, or until its context
// ended by that cause.
func (r *reader) none(trouble, cause error) error {
	switch {
	case trouble == nil:
		return fmt.Errorf("%w at %s: no process has written one that has not expired; does one lead that runs Work? (%w)", ErrNoValue, r.store.key, cause)
	case cause == nil:
		return fmt.Errorf("%w at %s: %w", ErrNoValue, r.store.key, trouble)
	}
	return fmt.Errorf("%w at %s: %w (%w)", ErrNoValue, r.store.key, trouble, cause)
}
