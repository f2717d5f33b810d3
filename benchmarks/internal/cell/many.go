package cell

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"example.com/incumbent/benchmarks/internal/peer"
)

// sized is for figures whose size is a number of elections.
func sized(s Spec) int { return s.Size }

// many measures what it costs that one process leads many elections, and how
// long it takes until it leads all of them. It does not wait for their end.
func many(ctx context.Context, b *bench) (Values, error) {
	before := takeFootprint()
	node, err := b.system.Open(b.target)
	if err != nil {
		return nil, err
	}
	values := Values{}
	crowd := newCrowd(node, b.Size)
	err = b.profiled("start", func() error {
		began := time.Now()
		go crowd.start(ctx, b.elections, b.system.Ramp)
		select {
		case <-crowd.all:
			values["all"] = time.Since(began).Seconds()
		case <-time.After(b.Plan.Patience):
			values["all"] = -1
		}
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	if err := sleep(ctx, b.Plan.Settle); err != nil {
		return nil, err
	}
	if err := b.use(ctx, values); err != nil {
		return nil, err
	}
	takeFootprint().since(before, b.Size, values)
	values["leading"], values["lost"] = float64(crowd.leading.Load()), float64(crowd.lost.Load())
	return values, nil
}

// crowd is many elections of one node.
type crowd struct {
	node    peer.Node
	leading atomic.Int64
	lost    atomic.Int64
	why     sync.Once     // tells why the first one was lost
	missing atomic.Int64  // have never been led
	all     chan struct{} // closed when none is missing
}

func newCrowd(node peer.Node, elections int) *crowd {
	c := &crowd{node: node, all: make(chan struct{})}
	c.missing.Store(int64(elections))
	return c
}

// start lets the node campaign in all elections, of which at most ramp at a time
// have not been led yet.
func (c *crowd) start(ctx context.Context, elections []string, ramp int) {
	if ramp == 0 {
		ramp = len(elections)
	}
	places := make(chan struct{}, ramp)
	for _, election := range elections {
		places <- struct{}{}
		go c.campaign(ctx, election, places)
	}
}

// campaign leads one election, again when it is lost.
func (c *crowd) campaign(ctx context.Context, election string, places <-chan struct{}) {
	for first := true; ctx.Err() == nil; {
		led := false
		err := c.node.Lead(ctx, election, func() {
			led = true
			c.leading.Add(1)
			if first {
				<-places
				if c.missing.Add(-1) == 0 {
					close(c.all)
				}
			}
		})
		c.why.Do(func() { fmt.Fprintf(os.Stderr, "%s ended: %v\n", election, err) })
		if led {
			first = false
			c.leading.Add(-1)
			c.lost.Add(1)
		}
	}
}
