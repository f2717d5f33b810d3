package election

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/scope"
	"example.com/incumbent/internal/seam"
)

// A trust is the part of a term that goroutines share: the contexts below the work's, and
// what ends them. How long the last confirmed beat is trusted is the pulse's to say. All
// methods are safe for concurrent use.
type trust struct {
	name  string // of the election
	term  Term
	clock seam.Clock
	pulse *heartbeat.Pulse // only what any goroutine may ask

	// The contexts look at no clock, and end in this order at the latest. Only the first
	// has values, and ends when the caller or a step-down asks for it.
	ctx      context.Context // the work's
	cancel   context.CancelCauseFunc
	kept     context.Context // lasts while leadership is kept
	drop     context.CancelCauseFunc
	grace    context.Context // lasts while work may run
	endGrace context.CancelCauseFunc

	mu      sync.Mutex
	timer   *time.Timer // ends the term without anybody's help
	stopped bool
	armed   sync.WaitGroup // the timer, or what it runs
}

func newTrust(ctx context.Context, name string, term Term, clock seam.Clock, pulse *heartbeat.Pulse) *trust {
	t := &trust{name: name, term: term, clock: clock, pulse: pulse}
	kept, grace := context.Background(), context.Background()
	if outer := scope.WorkOf(ctx); outer != nil {
		kept, grace = outer.Kept(), outer.MayRun()
	}
	t.ctx, t.cancel = context.WithCancelCause(ctx)
	t.kept, t.drop = context.WithCancelCause(kept)
	t.grace, t.endGrace = context.WithCancelCause(grace)
	return t
}

// endError is the cause of a term's end: which term, and why.
type endError struct {
	trust *trust
	why   error
}

func (e *endError) Error() string {
	return fmt.Sprintf("%v (election %q, term %d)", e.why, e.trust.name, e.trust.term)
}

func (e *endError) Unwrap() error { return e.why }

// end ends the work's context, unless something else has ended it before. Leadership is
// kept.
func (t *trust) end(why error) { t.cancel(&endError{t, why}) }

// lose ends leadership, and the work's context with it.
func (t *trust) lose(why error) {
	t.end(why)
	t.drop(&endError{t, why})
}

// stall is lose from beside the beater. That ends the pulse as soon as it sees the end of the
// work's context. Whoever asks a context that has not ended by then would end it as expired.
func (t *trust) stall(why error) {
	t.drop(&endError{t, why})
	t.end(why)
}

// graceIsOver ends what the work may still run in.
func (t *trust) graceIsOver() { t.endGrace(context.Cause(t.kept)) }

// reason names the cause of this term's end. What an outer election gave as the cause of
// our caller's context counts as the caller's.
func (t *trust) reason(cause error) Reason {
	if e, ok := errors.AsType[*endError](cause); ok && e.trust == t {
		return ReasonOf(cause)
	}
	return ReasonCaller
}

// left is how much longer the leader trusts itself, by whichever clock says less.
func (t *trust) left() time.Duration { return t.pulse.Trust(t.clock.Now()) }

// expire ends leadership if trust is over. Whoever asks the work's context calls it, so
// a term ends although nothing else runs.
func (t *trust) expire() {
	if over := t.ctx.Err() != nil && t.kept.Err() != nil; !over && t.left() <= 0 {
		t.lose(ErrExpired)
	}
}

// watch arms the timer that ends leadership when trust does. The timer arms itself again
// while beats are confirmed. After stop it does nothing.
func (t *trust) watch() {
	left := t.clock.Timer(t.left()) // outside of the lock: a clock may stand still
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.stopped {
		t.armed.Add(1)
		t.timer = time.AfterFunc(left, t.look)
	}
}

func (t *trust) look() {
	defer t.armed.Done()
	t.expire()
	if t.kept.Err() == nil {
		t.watch()
	}
}

// stop stops the timer, waits for what it runs, and keeps it from being armed again. It
// ends what the work has left under way.
func (t *trust) stop() {
	t.mu.Lock()
	t.stopped = true
	if t.timer != nil && t.timer.Stop() {
		t.armed.Done()
	}
	t.mu.Unlock()
	t.armed.Wait()
	t.drop(&endError{t, ErrWorkEnded})
	t.graceIsOver()
}
