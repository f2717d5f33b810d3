package cell

import (
	"context"
	"sync"
	"time"
)

// pair measures what it costs that one node leads many elections and another, in
// the same process, stands by for all of them.
func pair(ctx context.Context, b *bench) (Values, error) {
	leader, err := b.system.Open(b.target)
	if err != nil {
		return nil, err
	}
	standby, err := b.system.Open(b.target)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	leading, waiting := newCrowd(leader, b.Size), newCrowd(standby, b.Size)
	running.Go(func() { leading.start(ctx, b.elections, b.system.Ramp) })
	select {
	case <-leading.all:
	case <-time.After(b.Plan.Patience):
	}
	for _, election := range b.elections {
		go waiting.campaign(ctx, election, nil)
	}
	if err := sleep(ctx, b.target.Lease+b.Plan.Settle); err != nil {
		return nil, err
	}
	values := Values{}
	if err := b.use(ctx, values); err != nil {
		return nil, err
	}
	values["leading"], values["lost"] = float64(leading.leading.Load()), float64(leading.lost.Load())
	return values, nil
}
