package peer

import (
	"context"
	"time"
)

// A claim is what [pollingLead] needs of a lock: the loop around it is what
// users of a lock library write themselves.
type claim interface {
	// try takes the lock if it is free.
	try(ctx context.Context) (bool, error)
	// renew returns false if the lock is not ours any more. An error says nothing.
	renew(ctx context.Context) (bool, error)
	release(ctx context.Context) error
}

// polling is how often a loop tries and renews: thrice a lease.
func polling(lease time.Duration) time.Duration { return (lease / 3).Round(time.Millisecond) }

// pollingLead tries to get the lock every third of the lease, and renews it as
// often.
func pollingLead(ctx context.Context, lease time.Duration, c claim, elected func()) error {
	tick := time.NewTicker(polling(lease))
	defer tick.Stop()
	for {
		if won, err := c.try(ctx); err == nil && won {
			break
		}
		if !next(ctx, tick) {
			return context.Cause(ctx)
		}
	}
	elected()
	renewed := time.Now()
	for next(ctx, tick) {
		sent := time.Now()
		held, err := c.renew(ctx)
		if err == nil && held {
			renewed = sent
		} else if err == nil || time.Since(renewed) > lease {
			return ErrLost
		}
	}
	return c.release(context.WithoutCancel(ctx))
}

func next(ctx context.Context, tick *time.Ticker) bool {
	select {
	case <-tick.C:
		return true
	case <-ctx.Done():
		return false
	}
}
