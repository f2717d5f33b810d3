package singleton

import (
	"context"
	"errors"
	"time"

	"github.com/cenkalti/backoff/v4"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/ctxerr"
	"example.com/incumbent/internal/scope"
)

// How long Keep waits after an error that needs a person: who mends it soon, as
// when a password is changed, is not to wait for long.
const (
	shortestPermanent = time.Second
	longestPermanent  = 30 * time.Second
)

// keeper is one call of Keep. What follows a term is decided by [next].
type keeper struct {
	elector *election.Elector
	work    election.Work
	policy  Policy

	failures  failures                    // of work
	losses    *backoff.ExponentialBackOff // of terms that were lost or expired
	permanent *backoff.ExponentialBackOff // of errors that need a person
}

// newKeeper bounds the pause after a loss by half a lease: a sole candidate is to
// lead again within the bounds of its election, not of its policy.
func newKeeper(e *election.Elector, work election.Work, p Policy) *keeper {
	most := min(p.MaxBackOff, e.Timing().Lease/3) // at random, half of it more
	return &keeper{
		policy: p, elector: e, work: work,
		failures:  failures{backOff: newBackOff(p.MinBackOff, p.MaxBackOff, 0.5), most: p.MaxBackOff},
		losses:    newBackOff(min(p.MinBackOff, most), most, 0.5),
		permanent: newBackOff(shortestPermanent, longestPermanent, 0.1),
	}
}

// run leads, term after term. It reports whether the work ended by itself and is not to
// run again.
func (k *keeper) run(ctx context.Context) (finished bool, err error) {
	for {
		o := k.term(ctx)
		s := next(o, k.policy, k.elector.Timing().Lease)
		if s.log != nil {
			k.elector.Logger().Warn("singleton: the work failed at the end of its term", "error", s.log)
		}
		if s.follow == followStop {
			return s.finished, s.err
		}
		if !sleep(ctx, k.pause(s.follow, o)) {
			return false, nil
		}
	}
}

// term leads once.
func (k *keeper) term(ctx context.Context) outcome {
	var o outcome
	var since time.Time
	began := time.Now()
	o.leadErr = k.elector.Lead(ctx, func(ctx context.Context, term election.Term) error {
		o.led, since = true, time.Now()
		o.byItself, o.workErr = k.runWork(ctx, term)
		return o.workErr
	})
	if o.led {
		o.ran = time.Since(since)
	}
	if o.led || time.Since(began) > longestPermanent {
		k.permanent.Reset() // it went well meanwhile
	}
	o.stopped = ctx.Err() != nil
	return o
}

// pause returns how long to wait before the next campaign, and logs why.
func (k *keeper) pause(f follow, o outcome) time.Duration {
	switch f {
	case followFailure:
		return k.afterFailure(o)
	case followLoss:
		return k.losses.NextBackOff()
	case followLongTerm:
		k.losses.Reset()
	case followPermanent:
		pause := k.permanent.NextBackOff()
		k.elector.Logger().Error("singleton: cannot campaign, trying again", "error", o.leadErr, "wait", pause.String())
		return pause
	}
	return 0
}

// runWork runs the work, again and again if the policy says so, until the term
// ends. It reports whether the work ended by itself. An error that only says that the
// context has ended is none.
func (k *keeper) runWork(ctx context.Context, term election.Term) (byItself bool, err error) {
	for {
		began := time.Now()
		err := k.work(ctx, term)
		stalled := errors.Is(context.Cause(ctx), election.ErrStalled)
		k.failures.ran(k.wellFor(ctx, time.Since(began), stalled))
		if stalled || ctx.Err() == nil && k.policy.OnReturn != OnReturnRestart {
			k.failures.standBack(ctx)
		}
		switch {
		case ctx.Err() != nil && ctxerr.Only(ctx, err):
			return false, nil
		case ctx.Err() != nil:
			return false, err
		case k.policy.OnReturn != OnReturnRestart || errors.Is(err, election.ErrConfig):
			return true, err
		}
		if !sleep(ctx, k.afterFailure(outcome{workErr: err})) {
			return false, nil
		}
	}
}

// wellFor is how much of its time the work did something, as far as is known: what is left
// of a stalled one when the time without progress and the grace are taken away.
func (k *keeper) wellFor(ctx context.Context, ran time.Duration, stalled bool) time.Duration {
	if stalled {
		return ran - scope.Stall(ctx) - k.elector.Timing().Grace
	}
	return ran
}

// afterFailure logs that the work ended by itself or stalled, and returns how long to wait.
func (k *keeper) afterFailure(o outcome) time.Duration {
	pause, log := k.failures.next(), k.elector.Logger()
	switch {
	case o.stalled():
		log.Warn("singleton: the work stalled", "error", o.leadErr, "wait", pause.String())
	case o.workErr == nil:
		log.Warn("singleton: the work returned nil by itself; it must run until its context ends, for one run see singleton.OnReturnStop", "wait", pause.String())
	default:
		log.Warn("singleton: the work ended by itself", "error", o.workErr, "wait", pause.String())
	}
	return pause
}

// newBackOff is the one place that knows the back-off library. Pauses double from
// the shortest to the longest, and are random by that part of themselves.
func newBackOff(shortest, longest time.Duration, random float64) *backoff.ExponentialBackOff {
	return backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(shortest),
		backoff.WithMaxInterval(longest),
		backoff.WithMultiplier(2),
		backoff.WithRandomizationFactor(random),
		backoff.WithMaxElapsedTime(0),
	)
}

// sleep reports whether d passed before ctx ended.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
