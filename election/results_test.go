package election

// Shows a promise of Lead: it returns the error of the work, and the cause of the end.

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"example.com/incumbent/internal/record"
)

// ending is work that waits for its end and then returns what f says.
func ending(f func(ctx context.Context) error) Work {
	return func(ctx context.Context, _ Term) error {
		<-ctx.Done()
		return f(ctx)
	}
}

// endings are what work may return after its context has ended.
var endings = map[string]func(ctx context.Context) error{
	"nothing":      func(context.Context) error { return nil },
	"its error":    func(ctx context.Context) error { return ctx.Err() },
	"its cause":    context.Cause,
	"wrapped":      func(ctx context.Context) error { return fmt.Errorf("stopping: %w", context.Cause(ctx)) },
	"an error":     func(context.Context) error { return errBoom },
	"both of them": func(ctx context.Context) error { return errors.Join(errBoom, ctx.Err()) },
}

// returning notes what the work returned.
func returning(work Work, returned *error) Work {
	return func(ctx context.Context, term Term) error {
		*returned = work(ctx, term)
		return *returned
	}
}

// Work that the caller cancelled: Lead returns the very error of the work.
func TestLeadReturnsTheErrorOfTheWorkAsItIs(t *testing.T) {
	shutdown := errors.New("shutting down")
	for name, end := range endings {
		for _, cause := range []error{nil, shutdown} {
			bubble(t, func(w *world) {
				var returned error
				r := w.candidate("a").leader(returning(ending(end), &returned))
				r.cancel(cause)
				if err := r.wait(); err != returned {
					w.Errorf("%s, cause %v: Lead = %v, want exactly what the work returned: %v", name, cause, err, returned)
				}
			})
		}
	}
}

// Work that ended by itself: the same.
func TestLeadReturnsTheErrorOfWorkThatEndsByItself(t *testing.T) {
	for _, want := range []error{nil, errBoom, context.Canceled, context.DeadlineExceeded, fmt.Errorf("inner: %w", ErrLost)} {
		bubble(t, func(w *world) {
			if err := w.candidate("a").lead(lasting(time.Second, want)).wait(); err != want {
				w.Errorf("Lead = %v, want exactly %v", err, want)
			}
		})
	}
}

// A term that was taken away: the cause is joined, once, and the work's error stays.
func TestLeadJoinsTheCauseOfATermThatWasTakenAway(t *testing.T) {
	takes := map[error]func(w *world, c *candidate){
		ErrStepDown: func(w *world, c *candidate) { _ = c.StepDown(w.Context(), "") },
		ErrLost:     func(w *world, _ *candidate) { w.stub.Mini.Del(key) },
		ErrExpired:  func(_ *world, c *candidate) { c.cut() },
	}
	for cause, take := range takes {
		for name, end := range endings {
			bubble(t, func(w *world) {
				var returned error
				a := w.candidate("a")
				r := a.leader(returning(ending(end), &returned))
				take(w, a)
				err := r.wait()
				if !errors.Is(err, cause) || strings.Count(err.Error(), cause.Error()) != 1 {
					w.Errorf("%v, %s: Lead = %v, want the cause once", cause, name, err)
				}
				if returned != nil && !errors.Is(err, returned) {
					w.Errorf("%v, %s: Lead = %v, which has not the error of the work, %v", cause, name, err, returned)
				}
			})
		}
	}
}

// A deadline that cut work short is never nil, whatever the work returned: nobody
// else can tell whether the work was done.
func TestADeadlineIsNeverNil(t *testing.T) {
	tooLong := errors.New("took too long")
	deadlines := map[string]struct {
		derive func(context.Context) (context.Context, context.CancelFunc)
		cause  error
	}{
		"deadline": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Minute)
		}, context.DeadlineExceeded},
		"with a cause": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeoutCause(ctx, time.Minute, tooLong)
		}, tooLong},
		"as a cause": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancelCause(ctx)
			t := time.AfterFunc(time.Minute, func() { cancel(fmt.Errorf("watchdog: %w", context.DeadlineExceeded)) })
			return ctx, func() { t.Stop(); cancel(nil) }
		}, context.DeadlineExceeded},
	}
	for how, d := range deadlines {
		for name, end := range endings {
			bubble(t, func(w *world) {
				ctx, cancel := d.derive(w.Context())
				defer cancel()
				var returned error
				err := w.candidate("a").Lead(ctx, returning(ending(end), &returned))
				switch {
				case w.since() != time.Minute:
					w.Errorf("%s, %s: Lead returned after %v", how, name, w.since())
				case returned != nil && err != returned:
					w.Errorf("%s, %s: Lead = %v, want exactly what the work returned: %v", how, name, err, returned)
				case returned == nil && (!errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, d.cause)):
					w.Errorf("%s, %s: Lead = %v, want %v", how, name, err, d.cause)
				}
			})
		}
	}
}

// A candidate that was not elected before the deadline says so as well.
func TestADeadlineBeforeTheElection(t *testing.T) {
	bubble(t, func(w *world) {
		ctx, cancel := context.WithTimeout(w.Context(), time.Minute)
		defer cancel()
		w.candidate("b").leader(obey)
		if err := w.candidate("a").Lead(ctx, obey); !errors.Is(err, context.DeadlineExceeded) || w.since() != time.Minute {
			w.Errorf("Lead = %v after %v, want %v", err, w.since(), context.DeadlineExceeded)
		}
	})
}

// The event of the end has the error of the work, and is of its kind whatever that
// error wraps.
func TestRevokedHasTheErrorOfTheWork(t *testing.T) {
	for name, tc := range map[string]error{
		"an error":                errBoom,
		"lost, of another term":   &Error{Name: "inner", Err: ErrLost},
		"expired, of another one": fmt.Errorf("inner: %w", ErrExpired),
		"nothing":                 nil,
	} {
		bubble(t, func(w *world) {
			a := w.candidate("a")
			_ = a.lead(lasting(time.Second, tc)).wait()
			ev := a.event(KindRevoked)
			if ev.Reason != ReasonWork || !errors.Is(ev.Err, ErrWorkEnded) || tc != nil && !errors.Is(ev.Err, tc) {
				w.Errorf("%s: revoked with reason %s, error %v", name, ev.Reason, ev.Err)
			}
			if got := w.record(); got.Status != record.Vacant {
				w.Errorf("%s: record %v, want it vacant", name, got)
			}
		})
	}
}
