package lock

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/scope"
	"example.com/incumbent/internal/space"
)

// A work is the context of what is done while a lock is held. It ends when its inner context
// is cancelled, and checks the session's clock before it says that it has not: a process that
// was paused past its trust must not see a single nil from Err because nothing has run yet
// that ends the work. The same goes for what it runs inside of.
type work struct {
	context.Context // looks at no clock

	call   *call
	cancel context.CancelCauseFunc
	around scope.Work
	caller context.Context //nolint:containedctx // that Do was called with
	term   int64
	seat   int

	working atomic.Bool // it has not returned

	mu     sync.Mutex
	kept   lasting
	mayRun lasting
}

var _ scope.Work = (*work)(nil)

func (w *work) begin(ctx context.Context, c *call, term int64, seat int) {
	w.call, w.term, w.seat = c, term, seat
	w.caller, w.around = ctx, scope.WorkOf(ctx)
	w.Context, w.cancel = context.WithCancelCause(ctx)
	w.working.Store(true)
}

func (w *work) because(why error) error {
	return &endError{w.call.session.space.cfg.Name, w.call.name, w.term, why}
}

// lost ends the work's context, unless something else has ended it before, and what lasts while
// the lock is kept.
func (w *work) lost() {
	why := w.because(w.call.session.why)
	w.cancel(why)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.kept.end(why)
}

// graceIsOver ends what the work may still run in.
func (w *work) graceIsOver() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mayRun.end(w.because(w.call.session.why))
}

// returned notes that the work has, and ends what it has left under way.
func (w *work) returned() {
	w.working.Store(false)
	w.cancel(election.ErrWorkEnded)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.kept.end(election.ErrWorkEnded)
	w.mayRun.end(election.ErrWorkEnded)
}

// verdict joins the error of the work with what the lock was lost by.
func (w *work) verdict(err error) error {
	t := w.call.session
	if t.trusted() {
		return err
	}
	w.lost()
	if errors.Is(err, t.why) {
		return err // it says so itself
	}
	return errors.Join(err, w.because(t.why))
}

// Settle ends the work if its session is not trusted any more, and what is around it first.
func (w *work) Settle() {
	if w.around != nil {
		w.around.Settle()
	}
	if !w.call.session.trusted() {
		w.lost()
	}
}

func (w *work) Err() error {
	w.Settle()
	return w.Context.Err()
}

func (w *work) Done() <-chan struct{} {
	w.Settle()
	return w.Context.Done()
}

func (w *work) Value(key any) any {
	switch key {
	case scope.WorkKey{}:
		return w
	case scope.DrainKey{}, scope.ReportKey{}:
		return nil // of what is around it
	case scope.GraceKey{}:
		return w.MayRun()
	case register.HolderKey{}:
		return w.holder()
	}
	return w.Context.Value(key)
}

// holder is what scripts of other packages check.
func (w *work) holder() register.Holder {
	t := w.call.session
	is := space.Holder{SID: t.sid, N: w.call.asked.N, Term: w.term}
	return register.Holder{
		Place: t.space.place.Register(), Client: t.space.rdb,
		Grant: record.Grant{Term: w.term, Nonce: is.String()}, Seat: space.SeatField(w.seat, w.call.name),
	}
}

// Token is the term.
func (w *work) Token() int64 { return w.term }

// Around is the work that this one runs inside of.
func (w *work) Around() scope.Work { return w.around }

// Caller is the context that the lock was asked for with.
func (w *work) Caller() context.Context { return w.caller }

// Kept lasts while the lock is held, and what is around it is kept.
func (w *work) Kept() context.Context {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.kept.Context == nil {
		around := context.Background()
		if w.around != nil {
			around = w.around.Kept()
		}
		w.kept.begin(around)
	}
	switch t := w.call.session; {
	case t.ended.Load():
		w.kept.end(w.because(t.why))
	case !w.working.Load():
		w.kept.end(election.ErrWorkEnded)
	}
	return w.kept.Context
}

// MayRun lasts while the work may run.
func (w *work) MayRun() context.Context {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.mayRun.Context == nil {
		around := context.Background()
		if w.around != nil {
			around = w.around.MayRun()
		}
		w.mayRun.begin(around)
	}
	switch t := w.call.session; {
	case t.graceOver.Load():
		w.mayRun.end(w.because(t.why))
	case !w.working.Load():
		w.mayRun.end(election.ErrWorkEnded)
	}
	return w.mayRun.Context
}

// A lasting is a context that is made when somebody asks for it: few do. Its zero value is none.
type lasting struct {
	context.Context

	cancel context.CancelCauseFunc
}

func (l *lasting) begin(around context.Context) {
	l.Context, l.cancel = context.WithCancelCause(around)
}

func (l *lasting) end(why error) {
	if l.cancel != nil {
		l.cancel(why)
	}
}
