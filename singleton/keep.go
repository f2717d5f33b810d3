package singleton

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/unit"
)

// OnReturn says what follows when work returns although nobody asked it to, whether it
// returned an error or nil: a leader that does nothing must not keep leadership.
type OnReturn int

const (
	// OnReturnRelease releases leadership and campaigns again after the elector's
	// CoolDown and a back-off. Both double with every such return.
	OnReturnRelease OnReturn = iota
	// OnReturnRestart runs the work again within the term after that back-off, which is no
	// progress: see election.Config.Stall.
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
	// MinBackOff and MaxBackOff bound the pause after work that ended by itself or stalled.
	// It doubles with every failure and is random by half. It starts anew after work that
	// ran for longer than MaxBackOff. The elector's CoolDown, which runs at the same time,
	// doubles in the same way, up to MaxBackOff. Default: 1 s and 1 min.
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
// again; after work that ended by itself the policy decides. A term that ended with
// [election.ErrStalled] is a failure of the work, and the next campaign follows after the
// pause for those, whatever OnReturn says.
//
// Otherwise it returns an error: the work's own, if the work failed while it was
// stopping or the policy stops; a permanent error (see [election.Permanent]),
// if the policy stops on those; [election.ErrRunning], [election.ErrClosed];
// [election.ErrConfig] for a policy or work that makes no sense. With
// [OnReturnStop], a deadline of ctx that comes before the work is done is an error that
// wraps context.DeadlineExceeded: nil would say that it is done.
//
// A panic in work releases leadership and is not recovered.
func Keep(ctx context.Context, e *election.Elector, work election.Work, p Policy) error {
	p, err := p.complete()
	if err != nil {
		return err
	}
	if work == nil {
		return fmt.Errorf("%w: election %q: the work is nil", election.ErrConfig, e.Name())
	}
	finished, err := newKeeper(e, work, p).run(ctx)
	if err == nil && p.OnReturn == OnReturnStop && !finished && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("singleton: election %q: the deadline came before the work was done: %w", e.Name(), ctx.Err())
	}
	return err
}
