package realserver_test

// Shows the liveness bounds in a cluster whose master dies.

import (
	"context"
	"sync"
	"testing"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/redistest"
)

// When the master of the election's slot dies, a client must be told to look for the
// new one: by itself go-redis sends to the dead one for up to a minute. The cluster
// needs about 4 s for its own failover; the candidates must not need much more.
func TestClusterFindsItsNewMaster(t *testing.T) {
	t.Parallel()
	loseMaster(t, 3*time.Second, (*redistest.Server).Kill)
}

// The same at more leases, and with a master that hangs.
func TestClusterFindsItsNewMasterAtSeveralLeases(t *testing.T) {
	redistest.Long(t)
	for _, lease := range []time.Duration{2 * time.Second, 5 * time.Second, 15 * time.Second} {
		t.Run(lease.String()+", killed", func(t *testing.T) { loseMaster(t, lease, (*redistest.Server).Kill) })
		t.Run(lease.String()+", stopped", func(t *testing.T) { loseMaster(t, lease, (*redistest.Server).Stop) })
	}
}

// loseMaster has a cluster lose the master of an election's slot while it is led.
func loseMaster(t *testing.T, d time.Duration, lose func(*redistest.Server)) {
	t.Helper()
	c := redistest.StartCluster(t, 2*time.Second)
	o := &arena{t: t, server: c.Nodes[0], log: &memo{}, working: map[election.Term]string{}}
	lease := func(c *election.Config) { c.Lease = d }
	members := []*member{o.join("a", c.Client(), lease), o.join("b", c.Client(), lease), o.join("c", c.Client(), lease)}
	for _, m := range members {
		campaign(t, m)
	}
	awaitBeat(o, members, time.Now())
	owner := c.Owner(c.Nodes[0], "incumbent:{x}")
	lost := time.Now()
	lose(owner)
	beat := awaitBeat(o, members, lost.Add(time.Second)) // later than any that the dead one still answered
	if took := beat.Sub(lost); took > 8*time.Second {
		t.Errorf("a leader beats again %v after the master was killed, want 8 s at most", took)
	} else {
		t.Logf("a leader beats again after %v", took)
	}
}

// campaign has a member lead again and again until the test ends.
func campaign(t *testing.T, m *member) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	t.Cleanup(func() { cancel(); running.Wait() })
	running.Go(func() {
		for ctx.Err() == nil {
			_ = m.Lead(ctx, func(ctx context.Context, term election.Term) error {
				m.arena.enter(m.ID(), term)
				defer m.arena.exit(term)
				<-ctx.Done()
				return ctx.Err()
			})
		}
	})
}

// awaitBeat waits for a beat that was confirmed after the given instant, and returns
// when that was.
func awaitBeat(o *arena, members []*member, after time.Time) (at time.Time) {
	o.t.Helper()
	o.until("a leader beats", func() bool {
		for _, m := range members {
			m.mu.Lock()
			for _, ev := range m.events {
				if ev.Kind == election.KindBeat && ev.Time.After(after) && (at.IsZero() || ev.Time.Before(at)) {
					at = ev.Time
				}
			}
			m.mu.Unlock()
		}
		return !at.IsZero()
	})
	return at
}
