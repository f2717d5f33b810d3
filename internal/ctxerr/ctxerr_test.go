package ctxerr_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

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
