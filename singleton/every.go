package singleton

import (
	"context"
	"fmt"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/scope"
	"example.com/incumbent/internal/unit"
)

// Every returns work that runs task at each election, and then every d, one run at a
// time: runs that fall due during a run are skipped. It forgets at a change of the leader:
// a handover runs the task once more, and what falls due while nobody leads is lost. So it
// is for work that the next run makes up for, and not for what must be counted.
//
// An error of task ends the term, and the policy of [Keep] decides; log and return nil
// what the next run may mend. Task's context is the work's. When that has ended, the work
// returns nil. The begin of a run and each moment without one are [election.Progress]; a task
// that may take longer than Config.Stall reports some itself.
//
// A nil task panics, and so does a d that is not positive, or below a millisecond as a
// number without its unit is: an error would come at the first term, which on a standby
// may be weeks later.
func Every(d time.Duration, task election.Work) election.Work {
	switch meant := unit.Missing(d); {
	case d <= 0:
		panic(fmt.Sprintf("singleton: Every(%v, ...): give a positive interval", d))
	case meant != "":
		panic(fmt.Sprintf("singleton: Every(%v, ...): shorter than a millisecond: did you mean %s?", d, meant))
	case task == nil:
		panic(fmt.Sprintf("singleton: Every(%v, nil): give a task", d))
	}
	return func(ctx context.Context, term election.Term) error {
		ticks := time.NewTicker(d)
		defer ticks.Stop()
		for ctx.Err() == nil {
			election.Progress(ctx)
			if err := task(ctx, term); err != nil {
				return err
			}
			select {
			case <-ticks.C: // it fell into the run
			default:
			}
			await(ctx, ticks.C)
		}
		return nil
	}
}

// await waits for a tick, or for the end of ctx. There is nothing to do meanwhile, so that is
// progress.
func await(ctx context.Context, tick <-chan time.Time) {
	var alive <-chan time.Time
	if stall := scope.Stall(ctx); stall > 0 {
		t := time.NewTicker(stall / 4)
		defer t.Stop()
		alive = t.C
	}
	for {
		election.Progress(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick:
			return
		case <-alive:
		}
	}
}
