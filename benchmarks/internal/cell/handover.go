package cell

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// relayed is how many elections hand over beside each other, so that slow
// systems give enough runs. They don't meet: a handover is short against the
// pauses between two.
func relayed(s Spec) int { return max(1, min(4, 40/s.Size)) }

// holds is how long an office is held between two handovers, at least: etcd takes
// up to 100 ms until a new watcher follows live, and our standbys up to 50 ms to
// make themselves known.
const holds = 200 * time.Millisecond

// handover measures the time from the moment a leader is told to end until
// another is elected.
func handover(ctx context.Context, b *bench) (Values, error) {
	var all relays
	err := b.profiled("window", func() error {
		var group errgroup.Group
		for _, election := range b.elections {
			group.Go(func() error { return b.handOver(ctx, election, &all) })
		}
		return group.Wait()
	})
	values := Values{
		"runs": float64(len(all.took)), "missing": float64(all.missing),
		"doubled": float64(all.doubled), "lost": float64(all.lost), "stuck": float64(all.stuck),
	}
	if len(all.took) > 0 {
		summarise(all.took).into(values, "")
	}
	return values, err
}

// relay is what came of handing over.
type relay struct {
	took    []float64 // µs
	missing int       // nobody was elected within two leases
	doubled int       // another was elected while one led
	lost    int64     // a term ended that was not told to
	stuck   int       // nobody was elected any more, for as long as the plan's patience
}

// relays adds up what came of several elections.
type relays struct {
	mu sync.Mutex
	relay
}

func (r *relays) add(o relay) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.took = append(r.took, o.took...)
	r.missing += o.missing
	r.doubled += o.doubled
	r.lost += o.lost
	r.stuck += o.stuck
}

// handOver hands one office over, again and again.
func (b *bench) handOver(ctx context.Context, election string, all *relays) (err error) {
	c, err := newContest(b, election, b.Size+1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	c.startAll(ctx, b.target.Lease/3)
	var one relay
	err = b.relay(ctx, c, &one)
	if errors.Is(err, errNobody) {
		one.stuck, err = 1, nil
	}
	one.lost = c.lost.Load()
	all.add(one)
	return err
}

// relay hands over until the plan's time is over.
func (b *bench) relay(ctx context.Context, c *contest, one *relay) error {
	leader, err := c.await(ctx, b.Plan.Patience)
	if err != nil {
		return err
	}
	if err := sleep(ctx, b.target.Lease/3); err != nil { // until all wait
		return err
	}
	for end := time.Now().Add(b.Plan.Handovers); time.Now().Before(end); {
		if err := sleep(ctx, holds+rand.N(b.spread())); err != nil {
			return err
		}
		if leader, err = b.pass(ctx, c, leader, one); err != nil {
			return err
		}
	}
	return nil
}

// pass has a leader give up its office, and returns the next one. Who has given
// it up comes back as the last of those who wait.
func (b *bench) pass(ctx context.Context, c *contest, leader win, r *relay) (win, error) {
	for len(c.elected) > 0 {
		leader = <-c.elected
		r.doubled++
	}
	began := time.Now()
	c.end(leader.who)
	next, err := c.await(ctx, 2*b.target.Lease)
	if err == nil {
		r.took = append(r.took, micros(next.at.Sub(began)))
	}
	c.ended(leader.who)
	c.start(ctx, leader.who, 0)
	if errors.Is(err, errNobody) {
		r.missing++
		next, err = c.await(ctx, b.Plan.Patience)
	}
	return next, err
}

// spread is the random part of the time between two handovers: with few standbys
// that poll, every phase of their interval must be as likely.
func (b *bench) spread() time.Duration {
	return max(b.target.Lease/3/time.Duration(b.Size), 300*time.Millisecond)
}
