package lock

import (
	"context"
	"fmt"
	"sync"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/scope"
	"example.com/incumbent/internal/space"
)

// A request is what a caller asks for.
type request struct {
	name  string
	limit int // seats
	seats bool
	wait  time.Duration
	once  *onceRequest // of Once, else nil
}

// A call is one holding of a lock, from the first request for it to the answer to its release.
// It asks as (session, n) all the while: requests that are sent twice do no harm.
type call struct {
	session *session
	request
	asked space.Call

	// Under the lock of the space.
	state   state
	granted *space.Line   // by a notification
	woken   bool          // since the last request was sent
	wake    chan struct{} // 1-slot; nil while it does not wait

	// Of who asks.
	stands bool // something of it may be in Redis
	hung   bool // the last request had no answer

	released bool // with the result of Once

	// While it holds.
	work      work
	callbacks sync.WaitGroup // of OnOverrun
}

type state int

const (
	asking state = iota
	holding
	over
)

// newCall begins a call under a session that is trusted.
func (s *Space) newCall(l *link, q request) *call {
	c := &call{request: q}
	now, jitter := s.clock.Now(), s.clock.Float64() // before the lock: a clock may stand still
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.usable(l, now, jitter)
	c.session = t
	t.n++
	c.asked = space.Call{Name: q.name, SID: t.boxed, N: t.n, Limit: q.limit}
	wasIdle := len(t.calls) == 0 && !t.used
	t.calls[t.n] = c
	t.used = true
	if wasIdle && t.made {
		t.hurry()
	}
	return c
}

// ask sends the request once.
func (c *call) ask(ctx context.Context, waits, made bool) (space.Answer, error) {
	a := space.Ask{Call: c.asked, Wait: waits}
	if !made {
		a.Make = c.session.first
	}
	if c.once != nil {
		return c.once.begin(ctx, c, a)
	}
	return c.session.link.store.Acquire(ctx, a)
}

// beforeAsking forgets what has woken it so far, and reports whether the session is there.
func (c *call) beforeAsking() (made bool) {
	c.session.space.mu.Lock()
	defer c.session.space.mu.Unlock()
	c.woken = false
	return c.session.made
}

// rouse has the call ask again, now or when it has been answered. The caller has the lock.
func (c *call) rouse() {
	c.woken = true
	if c.wake != nil {
		nudge(c.wake)
	}
}

// hold makes the call one that holds a seat. It reports false if the session is not trusted any
// more: then the seat must be released.
func (c *call) hold(ctx context.Context, term int64, seat int) bool {
	t, s := c.session, c.session.space
	c.work.begin(ctx, c, term, seat)
	s.mu.Lock()
	c.state, c.wake, c.granted = holding, nil, nil
	s.mu.Unlock()
	if t.trusted() {
		return true
	}
	c.work.returned()
	return false
}

// leaveSession takes the call out of its session.
func (c *call) leaveSession() {
	t, s := c.session, c.session.space
	now := s.clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	c.state = over
	delete(t.calls, c.asked.N)
	if len(t.calls) == 0 {
		t.idleFrom = now.Mono
		if t.ended.Load() || t.leaving {
			t.hurry()
		}
	}
}

// works reports whether work runs under the lock. Under the seat of a member none does, and
// while a lock is released it has returned. The caller has the lock.
func (c *call) works() bool {
	return c.state == holding && c.work.working.Load() && !space.IsMembership(c.name)
}

// lose ends the work, or wakes who waits. The session has lost its trust.
func (c *call) lose() {
	s := c.session.space
	s.mu.Lock()
	is := c.state
	c.rouse()
	s.mu.Unlock()
	if is == holding {
		c.work.lost()
	}
}

// nudge puts a token into a 1-slot channel; one that is there already will do.
func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// run does the work and gives the lock up. The order of its end is the point of it: the work
// has returned, then the lock is released. It holds while a panic unwinds, too.
func (c *call) run(work Work) (err error) {
	returned := false
	defer func() {
		if !returned {
			_ = c.finish(nil) // the panic says more
		}
	}()
	err = work(&c.work, Term(c.work.term))
	returned = true
	return c.finish(err)
}

// finish ends the work's context, releases the lock, and returns the work's error, with what
// the lock was lost by.
func (c *call) finish(err error) error {
	verdict := c.work.verdict(err)
	c.work.returned()
	c.release()
	c.callbacks.Wait()
	c.session.space.leave()
	return verdict
}

// release gives the seat up. What has no answer goes on as a chore.
func (c *call) release() {
	t := c.session
	t.space.mu.Lock()
	lost := t.lost
	t.space.mu.Unlock()
	if !lost && !c.released && !c.tryRelease() {
		t.chores.release(c.asked, c.once)
	}
	c.leaveSession()
}

// tryRelease sends the release once, and reports whether it was answered. The end of the
// caller's context does not end it.
func (c *call) tryRelease() bool {
	return release(c.session.link.store, c.asked, c.once) == nil
}

// overran reports that the work outlives its grace, on a goroutine of its own: the callback may
// block, or exit. Whoever calls it has added it to the callbacks.
func (c *call) overran(overdue time.Duration) {
	s := c.session.space
	o := Overrun{Name: s.cfg.Name + "/" + c.name, Term: Term(c.work.term), Overdue: overdue, Cause: context.Cause(c.work.Context)}
	s.reports.report(Event{Kind: election.KindOverrun, Item: c.name, Term: o.Term, Overdue: overdue, Err: o.Cause})
	if s.cfg.OnOverrun == nil {
		c.callbacks.Done()
		return
	}
	go func() {
		defer c.callbacks.Done()
		s.cfg.OnOverrun(o)
	}()
}

// inside returns the work for this lock that ctx belongs to, of whichever Space; nil if it
// belongs to none that still runs.
func (s *Space) inside(ctx context.Context, name string) *work {
	for w := scope.WorkOf(ctx); w != nil; w = w.Around() {
		if held, ok := w.(*work); ok && held.working.Load() && held.call.name == name && s.same(held.call.session.space) {
			return held
		}
	}
	return nil
}

// runInside runs work inside of work that holds the lock.
func runInside(ctx context.Context, w *work, work Work) error {
	if cause := causeOf(ctx); cause != nil {
		return fmt.Errorf("lock: %q: not begun: %w", w.call.name, cause)
	}
	return w.verdict(work(ctx, Term(w.term)))
}

// holdInside is Hold inside of work that holds the lock: the release gives nothing up.
func holdInside(ctx context.Context, w *work) (context.Context, func() error, error) {
	if cause := causeOf(ctx); cause != nil {
		return nil, nil, fmt.Errorf("lock: %q: not begun: %w", w.call.name, cause)
	}
	held, cancel := context.WithCancelCause(ctx)
	return held, sync.OnceValue(func() error {
		cancel(election.ErrWorkEnded)
		return w.verdict(nil)
	}), nil
}
