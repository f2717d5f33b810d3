// Package scope has contexts that end by one context and have the values of another, and
// the context in which the end of a term is cleaned up.
package scope

import "context"

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

// Grace returns a context to clean up a term in: it has the values of ctx, and ends when
// the grace of a loss is over. It does not end while leadership is kept. Outside of work
// it does not end at all.
func Grace(ctx context.Context) context.Context {
	if ends, ok := ctx.Value(GraceKey{}).(context.Context); ok {
		return Context{ends, ctx}
	}
	return context.WithoutCancel(ctx)
}
