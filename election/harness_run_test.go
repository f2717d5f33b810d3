package election

import (
	"context"
	"errors"
	"testing/synctest"
	"time"
)

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
	errAt   time.Duration // when Lead returned
}

// lead runs Lead with the work, in the background, until the test ends.
func (c *candidate) lead(work Work) *run {
	ctx, cancel := context.WithCancelCause(context.Background())
	r := &run{c: c, cancel: cancel, elected: make(chan struct{}), ended: make(chan struct{})}
	c.w.Cleanup(func() { cancel(nil); <-r.ended })
	go func() {
		defer close(r.ended)
		r.err = c.attempt(ctx, func(ctx context.Context, term Term) error {
			c.w.enter(c, term)
			defer c.w.exit(c)
			r.ctx, r.term, r.at = ctx, term, c.w.since()
			close(r.elected)
			return work(ctx, term)
		})
		r.errAt = c.w.since()
	}()
	return r
}

func (c *candidate) attempt(ctx context.Context, work Work) error {
	if c.single {
		return c.TryLead(ctx, work)
	}
	return c.Lead(ctx, work)
}

// leader returns a run whose work has begun.
func (c *candidate) leader(work Work) *run {
	r := c.lead(work)
	r.begun()
	return r
}

// keep leads term after term until the test ends, or stop is called.
func (c *candidate) keep(work Work) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			err := c.Lead(ctx, func(ctx context.Context, term Term) error {
				c.w.enter(c, term)
				defer c.w.exit(c)
				return work(ctx, term)
			})
			if Permanent(err) || errors.Is(err, ErrRunning) {
				c.w.Errorf("%s gave up: %v", c.ID(), err)
				return
			}
		}
	}()
	stop = func() { cancel(); <-ended }
	c.w.Cleanup(stop)
	return stop
}

// isElected reports whether the work has begun.
func (r *run) isElected() bool {
	synctest.Wait()
	return isClosed(r.elected)
}

// isOver reports whether Lead has returned.
func (r *run) isOver() bool {
	synctest.Wait()
	return isClosed(r.ended)
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// stop ends the caller's context and returns what Lead returned.
func (r *run) stop() error {
	r.cancel(nil)
	return r.wait()
}

// wait returns what Lead returned.
func (r *run) wait() error {
	r.c.w.Helper()
	r.c.w.await(r.ended, r.c.ID()+" is still in Lead")
	return r.err
}

// begun waits until the work has begun.
func (r *run) begun() {
	r.c.w.Helper()
	r.c.w.await(r.elected, r.c.ID()+" was not elected")
}

// over waits until the work's context has ended, and says when and why.
func (r *run) over() (at time.Duration, cause error) {
	r.c.w.Helper()
	r.c.w.await(r.ctx.Done(), r.c.ID()+"'s term goes on")
	return r.c.w.since(), context.Cause(r.ctx)
}

// endurance is how long a test waits for what must come.
const endurance = time.Hour

// await ends the test if what must come does not.
func (w *world) await(c <-chan struct{}, complaint string) {
	w.Helper()
	select {
	case <-c:
	case <-time.After(endurance):
		w.Fatalf("%v: %s after %v", w.since(), complaint, endurance)
	}
}

// obey is work that ends with its context.
func obey(ctx context.Context, _ Term) error {
	<-ctx.Done()
	return nil
}

// lasting is work that ends by itself after d.
func lasting(d time.Duration, err error) Work {
	return func(ctx context.Context, _ Term) error {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(d):
			return err
		}
	}
}

// lingering is work that takes d of its own clock to end.
func (c *candidate) lingering(d time.Duration) Work {
	return func(ctx context.Context, _ Term) error {
		<-ctx.Done()
		time.Sleep(c.clock.Timer(d))
		return nil
	}
}

// ignoring is work that does not care for its context.
func ignoring(until <-chan struct{}) Work {
	return func(context.Context, Term) error {
		<-until
		return nil
	}
}
