package singleton

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/cenkalti/backoff/v4"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/ctxerr"
	"example.com/incumbent/internal/unit"
)

// Failure says what [Keep] does when work ends although nobody asked it to,
// whether it returned an error or nil: a leader that does nothing must not keep
// the office.
type Failure int

const (
	// Release gives the office up and stands back for the elector's CoolDown, and
	// for a back-off that doubles with every failure, before campaigning again.
	Release Failure = iota
	// Restart runs the work again within the term, after that back-off.
	Restart
	// GiveUp releases the office and makes Keep return what the work returned:
	// for work that is done once it is done.
	GiveUp
)

// Policy says how [Keep] goes on after trouble. The zero Policy is the default.
type Policy struct {
	// Failure is for work that ends by itself. Default: Release.
	Failure Failure
	// MinBackOff and MaxBackOff bound the exponential pause after a failure, or a
	// term that was lost or expired, give or take half of it at random; it starts anew after work that ran for longer than
	// MaxBackOff. Default: 1 s and 1 min.
	MinBackOff, MaxBackOff time.Duration
	// GiveUpOnPermanent makes Keep return an error that waiting will not mend (see
	// election.Permanent) instead of trying again every 30 s.
	GiveUpOnPermanent bool
}

// permanentPause is how long Keep waits after an error that needs a person.
const permanentPause = 30 * time.Second

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
	case p.Failure < Release || p.Failure > GiveUp:
		return p, fmt.Errorf("%w: unknown failure policy %d: give Release, Restart or GiveUp", election.ErrConfig, p.Failure)
	}
	return p, nil
}

// Keep leads, term after term, until ctx ends. It blocks all the while and
// returns nil after an orderly stop: the work has ended, and the office is
// released or somebody else's. After a lost, expired or voluntarily ended term
// it campaigns again; after work that ended by itself the policy decides.
//
// Otherwise it returns an error: the work's own, if the work failed while it was
// stopping or the policy gives up; a permanent error (see [election.Permanent]),
// if the policy gives up on those; [election.ErrRunning], [election.ErrClosed];
// [election.ErrConfig] for a policy or work that makes no sense.
//
// A panic in work releases the office and goes on.
func Keep(ctx context.Context, e *election.Elector, work election.Work, p Policy) error {
	p, err := p.complete()
	if err != nil {
		return err
	}
	if work == nil {
		return fmt.Errorf("%w: election %q: the work is nil", election.ErrConfig, e.Name())
	}
	k := &keeper{Policy: p, elector: e, work: work, pauses: newBackOff(p)}
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

// keeper is one call of Keep.
type keeper struct {
	Policy
	elector *election.Elector
	work    election.Work
	pauses  *backoff.ExponentialBackOff
}

// done is a pause that means: no more terms.
const done = time.Duration(-1)

// term leads once and says how long to pause before the next time.
func (k *keeper) term(ctx context.Context) (time.Duration, error) {
	t := outcome{}
	err := k.elector.Lead(ctx, func(ctx context.Context, term election.Term) error {
		t.led = true
		t.byItself, t.err = k.runWork(ctx, term)
		return t.err
	})
	switch {
	case ctx.Err() != nil && t.byItself && k.Failure != GiveUp:
		k.tell(t.err) // it failed before the stop: there is no next time to mend it
		return done, nil
	case ctx.Err() != nil:
		return done, t.err
	case t.byItself && (k.Failure == GiveUp || errors.Is(t.err, election.ErrConfig)):
		return done, t.err
	case t.byItself:
		return k.afterFailure(t.err), nil
	case t.led && errors.Is(err, election.ErrStepDown):
		return 0, nil // no trouble: the elector stands back by itself
	case t.led:
		k.tell(t.err)
		return k.pauses.NextBackOff(), nil
	case errors.Is(err, election.ErrConfig), errors.Is(err, election.ErrClosed), !election.Permanent(err), k.GiveUpOnPermanent:
		return done, err
	}
	pause := permanentPause*9/10 + rand.N(permanentPause/5)
	k.elector.Logger().Error("singleton: cannot campaign, trying again", "error", err, "in", pause)
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
	byItself bool  // the work ended while its context had not
	err      error // the work's, unless it only says that its context ended
}

// runWork runs the work, again and again if the policy says so, until the term
// ends. It reports whether the work ended by itself.
func (k *keeper) runWork(ctx context.Context, term election.Term) (byItself bool, err error) {
	for {
		began := time.Now()
		err := k.work(ctx, term)
		if time.Since(began) > k.MaxBackOff {
			k.pauses.Reset()
		}
		switch {
		case ctx.Err() != nil:
			return false, unlessObedient(ctx, err)
		case k.Failure != Restart || errors.Is(err, election.ErrConfig):
			return true, err
		}
		if !sleep(ctx, k.afterFailure(err)) {
			return false, nil
		}
	}
}

func (k *keeper) afterFailure(err error) time.Duration {
	pause := k.pauses.NextBackOff()
	k.elector.Logger().Warn("singleton: the work ended by itself", "error", err, "again in", pause)
	return pause
}

// unlessObedient drops an error that only says that ctx has ended.
func unlessObedient(ctx context.Context, err error) error {
	if ctxerr.Only(ctx, err) {
		return nil
	}
	return err
}

// newBackOff is the one place that knows the back-off library.
func newBackOff(p Policy) *backoff.ExponentialBackOff {
	return backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(p.MinBackOff),
		backoff.WithMaxInterval(p.MaxBackOff),
		backoff.WithMultiplier(2),
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
