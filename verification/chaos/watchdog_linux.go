package chaos

import (
	"context"
	"time"
)

const (
	watchEvery = 5 * time.Millisecond   // how often a process looks whether it gets to run
	lateness   = 5 * time.Millisecond   // beyond which that is a stall
	tickEvery  = 100 * time.Millisecond // how often a journal is ticked
)

// watch calls stalled, until ctx ends, whenever this process did not get to run, and
// tick at times: up to then, every stall was told. A process that runs its goroutines
// on one thread at a time is seen as a whole.
func watch(ctx context.Context, stalled func(from, to time.Duration), tick func(at time.Duration)) {
	timer := time.NewTicker(watchEvery)
	defer timer.Stop()
	last, ticked := monotonic(), time.Duration(0)
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		now := monotonic()
		if now-last > watchEvery+lateness {
			stalled(last, now)
			ticked = now
		} else if now-ticked >= tickEvery {
			tick(now)
			ticked = now
		}
		last = now
	}
}
