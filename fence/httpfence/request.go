package httpfence

import (
	"context"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/scope"
	"example.com/incumbent/internal/terms"
)

// A request is the context of a handler: that of the request, in the term that came with it.
// Whether that term has ended, this process does not know.
type request struct {
	context.Context

	holder register.Holder
}

var _ scope.Work = (*request)(nil)

// arrive returns the context of a request that brought a term.
func arrive(ctx context.Context, o terms.Owner, term election.Term) context.Context {
	return &request{ctx, o.Holder(term)}
}

// Value hides what may be around the server: the request does not belong to that.
func (r *request) Value(key any) any {
	switch key {
	case scope.WorkKey{}:
		return r
	case scope.DrainKey{}, scope.GraceKey{}, scope.ReportKey{}:
		return nil
	case register.HolderKey{}:
		return r.holder
	}
	return r.Context.Value(key)
}

// Settle settles what the server runs in.
func (r *request) Settle() {
	if around := r.Around(); around != nil {
		around.Settle()
	}
}

// Token is the term.
func (r *request) Token() int64 { return r.holder.Grant.Term }

// Kept lasts as long as the request.
func (r *request) Kept() context.Context { return ending{r.Context} }

// MayRun lasts as long as the request.
func (r *request) MayRun() context.Context { return ending{r.Context} }

// Around is the work that the server runs in, or nil.
func (r *request) Around() scope.Work { return scope.WorkOf(r.Context) }

// Caller is the context of the request.
func (r *request) Caller() context.Context { return r.Context }

// An ending ends as a context does, and has no values.
type ending struct{ context.Context }

// Value has nothing.
func (ending) Value(any) any { return nil }

// AfterFunc lets package context do without a goroutine for each context derived from it.
func (e ending) AfterFunc(f func()) (stop func() bool) { return context.AfterFunc(e.Context, f) }
