// Package ctxerr tells errors of code that stopped because its context ended
// from errors that say more, and whether it has ended.
package ctxerr

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Only reports whether err says nothing but that ctx has ended: it is ctx.Err()
// or the cause of its end, or wraps these and no other error. Of joined errors,
// all must be such; nil says nothing at all.
func Only(ctx context.Context, err error) bool {
	over := ctx.Err()
	return err == nil || over != nil && only(err, over, context.Cause(ctx))
}

// only walks the tree of an error by hand: [errors.Is] finds one that says so, and
// not whether all do.
//
//nolint:errorlint // see above
func only(err, over, cause error) bool {
	if err == over || err == cause {
		return true
	}
	switch e := err.(type) {
	case interface{ Unwrap() []error }:
		return !slices.ContainsFunc(e.Unwrap(), func(err error) bool { return err != nil && !only(err, over, cause) })
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			return only(inner, over, cause)
		}
	}
	return errors.Is(err, over) || errors.Is(err, cause)
}

// Over reports whether ctx has ended. A connection may notice the deadline first: after that
// Over waits for the end, which is a moment away.
func Over(ctx context.Context) bool {
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) {
		<-ctx.Done()
	}
	return ctx.Err() != nil
}
