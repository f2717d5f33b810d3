// Package scope has contexts that end by one context and have the values of another, and
// the context in which the end of a term is cleaned up, and what contexts of work have in
// common.
package scope

import (
	"context"
	"time"
)

// A Context ends when the one that it embeds does, and has the values of another. The
// first must have no values of its own.
type Context struct {
	context.Context

	Values context.Context //nolint:containedctx // that is what it is
}

// Value asks for the values. What package context itself keeps in a context, to find out
// how that ends, is asked for in the same way and must come from the first.
func (c Context) Value(key any) any {
	if v := c.Context.Value(key); v != nil {
		return v
	}
	return c.Values.Value(key)
}

// AfterFunc lets package context do without a goroutine for each context derived from c.
func (c Context) AfterFunc(f func()) (stop func() bool) { return context.AfterFunc(c.Context, f) }

// GraceKey is under which a work's context has what [Grace] returns.
type GraceKey struct{}

// ReportKey is under which a work's context has the function that reports an event of its
// candidate: a func(election.Event).
type ReportKey struct{}

// StallKey is under which a work's context has the shortest Config.Stall of its elector and of
// those around it, a time.Duration.
type StallKey struct{}

// Stall returns how long the work of ctx may be without a report of progress: 0 if that is not
// judged, and outside of work.
func Stall(ctx context.Context) time.Duration {
	d, _ := ctx.Value(StallKey{}).(time.Duration) // 0 if it is none
	return d
}

// CoolDownKey is under which a work's context has a func(doublings int, most time.Duration):
// it doubles the CoolDown that follows this term so many times, but not beyond the longest.
// The goroutine of the work calls it.
type CoolDownKey struct{}

// Grace returns a context to clean up a term in: it has the values of ctx, and ends when
// the grace of a loss is over. It does not end while leadership is kept. Outside of work
// it does not end at all.
func Grace(ctx context.Context) context.Context {
	if ends, ok := ctx.Value(GraceKey{}).(context.Context); ok {
		return Context{ends, ctx}
	}
	return context.WithoutCancel(ctx)
}

// A Work is the context of work: in a term of an election, or while a lock is held. It reads
// the clocks of what it rests on before it says that it has not ended.
type Work interface {
	context.Context
	// Settle ends what has lost its trust, of this and of the work around it.
	Settle()
	// Token is the term.
	Token() int64
	// Kept lasts while leadership, or the lock, is kept. It looks at no clock.
	Kept() context.Context
	// MayRun lasts while the work may run. It looks at no clock.
	MayRun() context.Context
	// Around is the work that this one runs inside of, or nil.
	Around() Work
	// Caller is the context that the work was asked for with.
	Caller() context.Context
}

// WorkKey is under which a work's context has itself.
type WorkKey struct{}

// DrainKey is under which a context that lasts while leadership is kept has itself. Work that is
// begun in it has none.
type DrainKey struct{}

// WorkOf returns the innermost work that ctx is of or is derived from; nil outside of work.
func WorkOf(ctx context.Context) Work {
	w, _ := ctx.Value(WorkKey{}).(Work) // nil if it is none
	return w
}
