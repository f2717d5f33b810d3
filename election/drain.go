package election

import (
	"context"

	"example.com/incumbent/internal/scope"
)

// Drain returns a context to finish what is in hand. It has the values of ctx, but it does
// not end when the caller or a step-down asks for the end of the term, since leadership is
// kept until the work has returned. It ends when leadership is lost or expired, or the work has
// stalled, and its cause says which, see [context.Cause]; at the latest it ends when the work has returned.
// Inside of several terms it ends with the first. In a context of no work it is ctx itself.
//
// Like the work's own context it reads the clock of the term before it says that it has
// not ended. It starts nothing and is safe for concurrent use. See docs/consumers.md.
func Drain(ctx context.Context) context.Context {
	w := scope.WorkOf(ctx)
	if w == nil {
		return ctx
	}
	return &drainContext{scope.Context{Context: w.Kept(), Values: ctx}, w}
}

// drainContext is the context of Drain.
type drainContext struct {
	scope.Context

	work scope.Work
}

// drainOf returns the drain context that ctx is or is derived from, unless that is below a
// term that was begun in it; nil if there is none.
func drainOf(ctx context.Context) *drainContext {
	d, _ := ctx.Value(scope.DrainKey{}).(*drainContext) // nil if it is none
	return d
}

func (d *drainContext) Err() error {
	d.work.Settle()
	return d.Context.Err()
}

func (d *drainContext) Done() <-chan struct{} {
	d.work.Settle()
	return d.Context.Done()
}

func (d *drainContext) Value(key any) any {
	if key == (scope.DrainKey{}) {
		return d
	}
	return d.Context.Value(key)
}
