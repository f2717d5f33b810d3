package singleton

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v4"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/ctxerr"
	"example.com/incumbent/internal/unit"
)

// OnReturn says what follows when work returns although nobody asked it to, whether it
// returned an error or nil: a leader that does nothing must not keep leadership.
type OnReturn int

const (
	// OnReturnRelease releases leadership and campaigns again after the elector's
	// CoolDown and a back-off that doubles with every such return.
	OnReturnRelease OnReturn = iota
	// OnReturnRestart runs the work again within the term after that back-off.
	OnReturnRestart
	// OnReturnStop releases leadership and has Keep return what the work returned. The
	// other processes go on: each of them that is elected later runs the work, too.
	OnReturnStop
)

// Policy says how [Keep] goes on after trouble. The zero Policy is the default.
type Policy struct {
	// OnReturn is for work that returns although nobody asked it to. Default:
	// OnReturnRelease.
	OnReturn OnReturn
	// MinBackOff and MaxBackOff bound the pause after work that ended by itself. It
	// doubles with every failure and is random by half. It starts anew after work that
	// ran for longer than MaxBackOff. Default: 1 s and 1 min.
	//
	// After a term that was lost or expired Keep campaigns again at once if the work
	// ran for two leases. Else there is such a pause, which is never longer than half a
	// lease, whatever these say.
	MinBackOff, MaxBackOff time.Duration
	// StopOnPermanent makes Keep return a permanent error, see [election.Permanent].
	// Default: Keep tries again, first after 1 s, then after pauses that double up to
	// 30 s.
	StopOnPermanent bool
}

// How long Keep waits after an error that needs a person: who mends it soon, as
// when a password is changed, is not to wait for long.
const (
	shortestPermanent = time.Second
	longestPermanent  = 30 * time.Second
)

// Validate returns an error that wraps [election.ErrConfig] if the policy makes
// no sense, and says what to change.
func (p Policy) Validate() error {
	_, err := p.complete()
	return err
}

func (p Policy) complete() (Policy, error) {
	if p.MinBackOff == 0 {
		p.MinBackOff = time.Second
	}
	if p.MaxBackOff == 0 {
		p.MaxBackOff = max(time.Minute, p.MinBackOff)
	}
	for _, d := range []time.Duration{p.MinBackOff, p.MaxBackOff} {
		if meant := unit.Missing(d); meant != "" {
			return p, fmt.Errorf("%w: back-off %v is shorter than a millisecond: did you mean %s?", election.ErrConfig, d, meant)
		}
	}
	switch {
	case p.MinBackOff < 0 || p.MaxBackOff < p.MinBackOff:
		return p, fmt.Errorf("%w: back-off from %v to %v: give a positive MinBackOff and a MaxBackOff that is not smaller", election.ErrConfig, p.MinBackOff, p.MaxBackOff)
	case p.OnReturn < OnReturnRelease || p.OnReturn > OnReturnStop:
		return p, fmt.Errorf("%w: unknown OnReturn %d: give OnReturnRelease, OnReturnRestart or OnReturnStop", election.ErrConfig, p.OnReturn)
	}
	return p, nil
}

// Keep leads, term after term, until ctx ends. It blocks all the while and
// returns nil after an orderly stop: the work has ended, and leadership is released
// or somebody else's. Work that returns an error of its ended context, or
// nil, has not failed. After a lost, expired or voluntarily ended term it campaigns
// again; after work that ended by itself the policy decides.
//
// Otherwise it returns an error: the work's own, if the work failed while it was
// stopping or the policy stops; a permanent error (see [election.Permanent]),
// if the policy stops on those; [election.ErrRunning], [election.ErrClosed];
// [election.ErrConfig] for a policy or work that makes no sense. With
// [OnReturnStop], a deadline of ctx that comes before the work is done is an error that
// wraps context.DeadlineExceeded: nil would say that it is done.
//
// A panic in work releases leadership and goes on.
func Keep(ctx context.Context, e *election.Elector, work election.Work, p Policy) error {
	p, err := p.complete()
	if err != nil {
		return err
	}
	if work == nil {
		return fmt.Errorf("%w: election %q: the work is nil", election.ErrConfig, e.Name())
	}
	k := newKeeper(e, work, p)
	err = k.run(ctx)
	if err == nil && k.OnReturn == OnReturnStop && !k.finished && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("singleton: election %q: the deadline came before the work was done: %w", e.Name(), ctx.Err())
	}
	return err
}

// keeper is one call of Keep.
type keeper struct {
	Policy
	elector  *election.Elector
	work     election.Work
	finished bool // the work ended by itself, and is not to run again

	failures  *backoff.ExponentialBackOff // of work
	losses    *backoff.ExponentialBackOff // of terms that were lost or expired
	permanent *backoff.ExponentialBackOff // of errors that need a person
}

// newKeeper bounds the pause after a loss by half a lease: a sole candidate is to
// lead again within the bounds of its election, not of its policy.
func newKeeper(e *election.Elector, work election.Work, p Policy) *keeper {
	most := min(p.MaxBackOff, e.Timing().Lease/3) // at random, half of it more
	return &keeper{
		Policy: p, elector: e, work: work,
		failures:  newBackOff(p.MinBackOff, p.MaxBackOff, 0.5),
		losses:    newBackOff(min(p.MinBackOff, most), most, 0.5),
		permanent: newBackOff(shortestPermanent, longestPermanent, 0.1),
	}
}

// done is a pause that means: no more terms.
const done = time.Duration(-1)

// run leads, term after term.
func (k *keeper) run(ctx context.Context) error {
	for {
		pause, err := k.term(ctx)
		if err != nil || pause < 0 {
			return err
		}
		if !sleep(ctx, pause) {
			return nil
		}
	}
}

// term leads once and says how long to pause before the next time.
func (k *keeper) term(ctx context.Context) (time.Duration, error) {
	t := outcome{}
	began := time.Now()
	err := k.elector.Lead(ctx, func(ctx context.Context, term election.Term) error {
		t.led, t.since = true, time.Now()
		t.byItself, t.err = k.runWork(ctx, term)
		return t.err
	})
	if t.led || time.Since(began) > longestPermanent {
		k.permanent.Reset() // it went well meanwhile
	}
	switch {
	case ctx.Err() != nil && t.byItself && k.OnReturn != OnReturnStop:
		k.tell(t.err) // it failed before the stop: there is no next time to mend it
		return done, nil
	case ctx.Err() != nil:
		k.finished = t.byItself
		return done, t.err
	case t.byItself && (k.OnReturn == OnReturnStop || errors.Is(t.err, election.ErrConfig)):
		k.finished = true
		return done, t.err
	case t.byItself:
		return k.afterFailure(t.err), nil
	case t.led && errors.Is(err, election.ErrStepDown):
		return 0, nil // no trouble: the elector stands back by itself
	case t.led:
		k.tell(t.err)
		return k.afterLoss(time.Since(t.since)), nil
	case errors.Is(err, election.ErrConfig), errors.Is(err, election.ErrClosed), !election.Permanent(err), k.StopOnPermanent:
		return done, err
	}
	pause := k.permanent.NextBackOff()
	k.elector.Logger().Error("singleton: cannot campaign, trying again", "error", err, "wait", pause.String())
	return pause, nil
}

// tell logs an error of work that nobody is given.
func (k *keeper) tell(err error) {
	if err != nil {
		k.elector.Logger().Warn("singleton: the work failed at the end of its term", "error", err)
	}
}

// outcome is how a term went.
type outcome struct {
	led      bool
	since    time.Time // when it began
	byItself bool      // the work ended while its context had not
	err      error     // the work's, unless it only says that its context ended
}

// runWork runs the work, again and again if the policy says so, until the term
// ends. It reports whether the work ended by itself.
func (k *keeper) runWork(ctx context.Context, term election.Term) (byItself bool, err error) {
	for {
		began := time.Now()
		err := k.work(ctx, term)
		if time.Since(began) > k.MaxBackOff {
			k.failures.Reset()
		}
		switch {
		case ctx.Err() != nil:
			return false, unlessObedient(ctx, err)
		case k.OnReturn != OnReturnRestart || errors.Is(err, election.ErrConfig):
			return true, err
		}
		if !sleep(ctx, k.afterFailure(err)) {
			return false, nil
		}
	}
}

// afterLoss is the pause after a term that was lost or expired. Who led for a while
// campaigns at once: a sole candidate that has to wait for its own record is not to
// begin later than need be.
func (k *keeper) afterLoss(ran time.Duration) time.Duration {
	if ran > 2*k.elector.Timing().Lease {
		k.losses.Reset()
		return 0
	}
	return k.losses.NextBackOff()
}

// afterFailure logs that the work ended by itself, and what to learn of it.
func (k *keeper) afterFailure(err error) time.Duration {
	pause, log := k.failures.NextBackOff(), k.elector.Logger()
	if err == nil {
		log.Warn("singleton: the work returned nil by itself; it must run until its context ends, for one run see singleton.OnReturnStop", "wait", pause.String())
	} else {
		log.Warn("singleton: the work ended by itself", "error", err, "wait", pause.String())
	}
	return pause
}

// unlessObedient drops an error that only says that ctx has ended.
func unlessObedient(ctx context.Context, err error) error {
	if ctxerr.Only(ctx, err) {
		return nil
	}
	return err
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
