package cell

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// killed counts the elections that [failover] needs: one for each kill.
func killed(s Spec) int { return s.Plan.KillsAtOnce * s.Plan.KillRounds }

// failover kills processes that lead, at a random time, and measures when
// another is elected: counted from the kill, and from the last renewal, which is
// what a lease is about.
func failover(ctx context.Context, b *bench) (Values, error) {
	var all deaths
	err := b.profiled("window", func() error {
		for round := range b.Plan.KillRounds {
			var group errgroup.Group
			for i := range b.Plan.KillsAtOnce {
				election := b.elections[round*b.Plan.KillsAtOnce+i]
				group.Go(func() error { return b.die(ctx, election, &all) })
			}
			if err := group.Wait(); err != nil {
				return err
			}
		}
		return nil
	})
	values := Values{"runs": float64(len(all.sinceKill)), "early": float64(all.early)}
	summarise(all.sinceRenewal).into(values, "")
	summarise(all.sinceKill).into(values, "kill_")
	return values, err
}

// deaths collects how long offices stood empty, in leases.
type deaths struct {
	mu                      sync.Mutex
	sinceRenewal, sinceKill []float64
	early                   int // another was elected before the kill
}

// landing is how long after a kill a renewal may still arrive that was sent
// before.
const landing = 50 * time.Millisecond

// die kills the leader of one election.
func (b *bench) die(ctx context.Context, election string, all *deaths) (err error) {
	leader, err := startLeader(ctx, b.Spec, election)
	if err != nil {
		return err
	}
	defer leader.kill()
	last, err := b.follow(ctx, election)
	if err != nil {
		return err
	}
	c, err := newContest(b, election, b.Size)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	lease := b.target.Lease
	c.startAll(ctx, lease/3)
	if err := sleep(ctx, lease+rand.N(lease/2)); err != nil {
		return err
	}
	leader.kill()
	killedAt := time.Now()
	next, err := c.await(ctx, b.Plan.Patience)
	if err != nil {
		return err
	}
	renewed, err := last(killedAt.Add(landing))
	if err != nil {
		return err
	}
	all.add(next.at.Sub(renewed), next.at.Sub(killedAt), lease)
	return nil
}

// follow asks the meter, which is shared by the elections of a round.
func (b *bench) follow(ctx context.Context, election string) (func(time.Time) (time.Time, error), error) {
	b.following.Lock()
	defer b.following.Unlock()
	return b.meter.Follow(ctx, election)
}

func (d *deaths) add(sinceRenewal, sinceKill, lease time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if sinceKill < 0 {
		d.early++
		return
	}
	d.sinceRenewal = append(d.sinceRenewal, float64(sinceRenewal)/float64(lease))
	d.sinceKill = append(d.sinceKill, float64(sinceKill)/float64(lease))
}
