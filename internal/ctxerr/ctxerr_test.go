package ctxerr_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/internal/ctxerr"
)

func TestOnly(t *testing.T) {
	failed, enough := errors.New("three rows are lost"), errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	if ctxerr.Only(ctx, context.Canceled) {
		t.Error("an error of another context counts while this one goes on")
	}
	cancel(enough)
	for name, tc := range map[string]struct {
		err  error
		want bool
	}{
		"nil":                    {nil, true},
		"the context's":          {ctx.Err(), true},
		"the cause":              {enough, true},
		"wrapped":                {fmt.Errorf("query: %w", ctx.Err()), true},
		"joined with itself":     {errors.Join(ctx.Err(), enough), true},
		"twice wrapped":          {fmt.Errorf("job: %w", errors.Join(fmt.Errorf("query: %w", enough))), true},
		"another":                {failed, false},
		"joined with another":    {errors.Join(failed, ctx.Err()), false},
		"beside another":         {fmt.Errorf("%w, while stopping: %w", failed, ctx.Err()), false},
		"of another kind of end": {context.DeadlineExceeded, false},
	} {
		if got := ctxerr.Only(ctx, tc.err); got != tc.want {
			t.Errorf("%s: Only(%v) = %t, want %t", name, tc.err, got, tc.want)
		}
	}
}

// early is a context whose deadline is known a moment before it ends.
type early struct{ context.Context }

func (e early) Deadline() (time.Time, bool) {
	deadline, ok := e.Context.Deadline()
	return deadline.Add(-time.Millisecond), ok
}

// At a deadline that a connection has noticed first, the end of the context is waited for.
func TestOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if ctxerr.Over(early{ctx}) || ctxerr.Over(t.Context()) {
			t.Error("over before its deadline")
		}
		time.Sleep(time.Second - time.Millisecond)
		if ctx.Err() != nil || !ctxerr.Over(early{ctx}) {
			t.Error("not over at its deadline")
		}
		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		if !ctxerr.Over(cancelled) {
			t.Error("not over although it was cancelled")
		}
	})
}
