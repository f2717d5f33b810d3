package singleton

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/scope"
	"example.com/incumbent/internal/unit"
)

// Healthy returns work that runs the given work, and calls check every d beside it. While
// check returns nil it reports [election.Progress]. Otherwise the term ends after
// [election.Config.Stall], and so it does if check blocks: what check returned last is then
// joined to the error of the work.
//
// Stall must be set and longer than d, else the work ends at once with
// [election.ErrConfig], which [Keep] returns whatever its policy. Three checks in a Stall are
// a good number.
//
// Check is called on a goroutine of its own, one call at a time. Its context is derived from
// the work's. It must obey that: the work has not returned before check has.
//
// A nil function panics, and so does a d that is not positive, or below a millisecond as a
// number without its unit is.
func Healthy(d time.Duration, check func(ctx context.Context) error, work election.Work) election.Work {
	switch meant := unit.Missing(d); {
	case d <= 0:
		panic(fmt.Sprintf("singleton: Healthy(%v, ...): give a positive interval", d))
	case meant != "":
		panic(fmt.Sprintf("singleton: Healthy(%v, ...): shorter than a millisecond: did you mean %s?", d, meant))
	case check == nil || work == nil:
		panic("singleton: Healthy: give a check and the work")
	}
	return func(ctx context.Context, term election.Term) (err error) {
		switch stall := scope.Stall(ctx); {
		case stall == 0:
			return fmt.Errorf("%w: singleton.Healthy without Config.Stall: set it, to three times %v or more", election.ErrConfig, d)
		case stall <= d:
			return fmt.Errorf("%w: singleton.Healthy every %v with a Config.Stall of %v: set that to three times %v or more", election.ErrConfig, d, stall, d)
		}
		c := checks{every: d, check: check}
		defer func() {
			if last := c.stop(); last != nil && errors.Is(context.Cause(ctx), election.ErrStalled) {
				err = errors.Join(err, fmt.Errorf("singleton: the health check failed last with: %w", last))
			}
		}()
		c.start(ctx)
		return work(ctx, term)
	}
}

// checks are those of one term.
type checks struct {
	every  time.Duration
	check  func(ctx context.Context) error
	cancel context.CancelFunc
	ended  sync.WaitGroup
	last   error // what check returned last
}

func (c *checks) start(ctx context.Context) {
	ctx, c.cancel = context.WithCancel(ctx)
	c.ended.Go(func() { c.run(ctx) })
}

// stop ends the checks, waits for the last one, and returns what that said. One that the end
// of the work has cut short says nothing.
func (c *checks) stop() error {
	c.cancel()
	c.ended.Wait()
	return c.last
}

func (c *checks) run(ctx context.Context) {
	ticks := time.NewTicker(c.every)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
		err := c.check(ctx)
		if err != nil && ctx.Err() != nil {
			return
		}
		if c.last = err; err == nil {
			election.Progress(ctx)
		}
	}
}
