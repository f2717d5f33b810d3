package cell

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"example.com/incumbent/benchmarks/internal/peer"
)

// A contest is an election among several nodes.
type contest struct {
	election string
	runners  []*runner
	elected  chan win
	lost     atomic.Int64 // terms that ended before they were told to
}

// runner is one candidate of a contest.
type runner struct {
	node   peer.Node
	cancel context.CancelFunc
	done   chan struct{} // nil while it doesn't run
}

// win says who was elected, and when.
type win struct {
	who int
	at  time.Time
}

// winsKept is more than anybody leaves unread.
const winsKept = 1000

var errNobody = errors.New("nobody was elected")

// newContest opens n nodes.
func newContest(b *bench, election string, n int) (*contest, error) {
	c := &contest{election: election, elected: make(chan win, winsKept)}
	for range n {
		node, err := b.system.Open(b.target)
		if err != nil {
			return nil, errors.Join(err, c.close())
		}
		c.runners = append(c.runners, &runner{node: node})
	}
	return c, nil
}

// start lets a candidate campaign after a delay.
func (c *contest) start(ctx context.Context, who int, delay time.Duration) {
	r := c.runners[who]
	ctx, r.cancel = context.WithCancel(ctx)
	r.done = make(chan struct{})
	go func() {
		defer close(r.done)
		if sleep(ctx, delay) != nil {
			return
		}
		for ctx.Err() == nil {
			_ = r.node.Lead(ctx, c.election, func() { c.elected <- win{who, time.Now()} })
			if ctx.Err() == nil { // the office is lost: it campaigns again
				c.lost.Add(1)
			}
		}
	}()
}

// startAll lets all campaign, at random times within a while: loops that poll
// must not do so in step.
func (c *contest) startAll(ctx context.Context, within time.Duration) {
	for who := range c.runners {
		c.start(ctx, who, rand.N(within))
	}
}

// await returns the next election.
func (c *contest) await(ctx context.Context, patience time.Duration) (win, error) {
	select {
	case w := <-c.elected:
		return w, nil
	case <-time.After(patience):
		return win{}, errNobody
	case <-ctx.Done():
		return win{}, context.Cause(ctx)
	}
}

// end tells a candidate to end, and does not wait.
func (c *contest) end(who int) { c.runners[who].cancel() }

// ended waits until a candidate that was told to end has.
func (c *contest) ended(who int) { <-c.runners[who].done }

// close ends all candidates, waits for them and closes their nodes.
func (c *contest) close() error {
	for _, r := range c.runners {
		if r.done != nil {
			r.cancel()
		}
	}
	var errs []error
	for _, r := range c.runners {
		if r.done != nil {
			<-r.done
		}
		errs = append(errs, r.node.Close())
	}
	return errors.Join(errs...)
}

// sleep waits, or returns ctx's cause.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
