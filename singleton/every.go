package singleton

import (
	"context"
	"fmt"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/unit"
)

// Every returns work that runs task at once when elected and then every d, one
// run at a time: a run that takes longer than d makes the ones it covers drop
// out. An error of task ends the term, and the policy of [Keep] decides; log and
// return nil what the next run may mend. Task's context is the work's.
//
// An interval below a millisecond is an error that wraps [election.ErrConfig],
// returned by the work, and makes [Keep] return it.
func Every(d time.Duration, task election.Work) election.Work {
	return func(ctx context.Context, term election.Term) error {
		if meant := unit.Missing(d); meant != "" {
			return fmt.Errorf("%w: singleton.Every(%v): shorter than a millisecond: did you mean %s?", election.ErrConfig, d, meant)
		}
		if d <= 0 || task == nil {
			return fmt.Errorf("%w: singleton.Every(%v): give a positive interval and a task", election.ErrConfig, d)
		}
		ticks := time.NewTicker(d)
		defer ticks.Stop()
		for ctx.Err() == nil {
			if err := task(ctx, term); err != nil {
				return err
			}
			select {
			case <-ticks.C: // it fell into the run
			default:
			}
			select {
			case <-ctx.Done():
			case <-ticks.C:
			}
		}
		return ctx.Err()
	}
}
