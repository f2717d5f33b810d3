package cell

import (
	"context"
	"sync"

	"example.com/incumbent/benchmarks/internal/peer"
)

// each is how many elections a node of a fleet leads, and how many it stands by
// for.
const each = 100

// led is for figures whose size is a number of nodes.
func led(s Spec) int { return s.Size * each }

// fleet measures what it costs that many nodes lead some elections each, and each
// stands by for those of another. All nodes are in one process.
func fleet(ctx context.Context, b *bench) (Values, error) {
	nodes := make([]peer.Node, b.Size)
	for i := range nodes {
		var err error
		if nodes[i], err = b.system.Open(b.target); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	crowds := make([]*crowd, b.Size)
	for i, node := range nodes {
		crowds[i] = newCrowd(node, each)
		running.Go(func() { crowds[i].start(ctx, b.elections[i*each:(i+1)*each], 0) })
	}
	if err := sleep(ctx, b.target.Lease); err != nil {
		return nil, err
	}
	for i := range nodes {
		waiting := newCrowd(nodes[(i+1)%len(nodes)], each)
		for _, election := range b.elections[i*each : (i+1)*each] {
			go waiting.campaign(ctx, election, nil)
		}
	}
	if err := sleep(ctx, b.target.Lease+b.Plan.Settle); err != nil {
		return nil, err
	}
	values := Values{}
	err := b.use(ctx, values)
	for _, c := range crowds {
		values["leading"] += float64(c.leading.Load())
		values["lost"] += float64(c.lost.Load())
	}
	return values, err
}
