package singleton

import (
	"errors"
	"time"

	"example.com/incumbent/election"
)

// outcome is how one call of Lead went.
type outcome struct {
	stopped  bool // Keep's context has ended
	led      bool
	byItself bool          // the work ended while its context had not; only if led
	ran      time.Duration // since the term began, if led
	workErr  error         // the work's, unless it only says that its context ended
	leadErr  error         // Lead's
}

// stalled reports whether the work led without progress for too long.
func (o outcome) stalled() bool { return errors.Is(o.leadErr, election.ErrStalled) }

// follow is one of the ways to go on after that.
type follow string

const (
	followStop      follow = "stop"           // Keep returns
	followCampaign  follow = "campaign"       // the next campaign, at once
	followFailure   follow = "after failure"  // the next campaign, after the back-off for work that failed
	followLoss      follow = "after loss"     // the next campaign, after the back-off for terms that were lost
	followLongTerm  follow = "after long"     // the next campaign, at once; the back-off for losses begins anew
	followPermanent follow = "after an error" // the next campaign, after the back-off for errors that need a person
)

// step is what follows a call of Lead.
type step struct {
	follow   follow
	err      error // of followStop: what Keep returns
	finished bool  // of followStop: the work ended by itself, and is not to run again
	log      error // the work's, which nobody else is given; nil: there is none
}

// next says what follows. It has no side effects: whoever calls it pauses, logs, and
// leads again. A lease is the elector's.
func next(o outcome, p Policy, lease time.Duration) step {
	switch {
	case o.stopped:
		return o.afterStop(p)
	case !o.led:
		return o.afterNoTerm(p)
	case o.byItself && (p.OnReturn == OnReturnStop || errors.Is(o.workErr, election.ErrConfig)):
		return step{follow: followStop, finished: true, err: o.workErr}
	case o.byItself:
		return step{follow: followFailure}
	case o.stalled():
		return step{follow: followFailure}
	case errors.Is(o.leadErr, election.ErrStepDown):
		return step{follow: followCampaign} // no trouble: the elector cools down by itself
	case o.ran > 2*lease:
		// A sole candidate that has to wait for its own record is not to begin later than
		// need be.
		return step{follow: followLongTerm, log: o.workErr}
	}
	return step{follow: followLoss, log: o.workErr}
}

// afterStop is what Keep returns after its context has ended.
func (o outcome) afterStop(p Policy) step {
	if o.byItself && p.OnReturn != OnReturnStop {
		// It failed before the stop, and there is no next time to mend it.
		return step{follow: followStop, log: o.workErr}
	}
	return step{follow: followStop, finished: o.byItself, err: o.workErr}
}

// afterNoTerm is what follows a campaign that ended with an error.
func (o outcome) afterNoTerm(p Policy) step {
	switch err := o.leadErr; {
	case errors.Is(err, election.ErrConfig), errors.Is(err, election.ErrClosed), !election.Permanent(err), p.StopOnPermanent:
		return step{follow: followStop, err: err}
	}
	return step{follow: followPermanent}
}
