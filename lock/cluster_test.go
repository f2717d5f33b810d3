package lock

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/redistest"
)

// An elsewhere is a client of a cluster that subscribes at a node of the test's choice.
type elsewhere struct {
	*redis.ClusterClient
	node *redis.Client
}

func (c elsewhere) Subscribe(ctx context.Context, channels ...string) *redis.PubSub {
	return c.node.Subscribe(ctx, channels...)
}

func TestLocksOnACluster(t *testing.T) {
	t.Parallel()
	c := redistest.StartCluster(t, time.Minute)
	client := func() *redis.ClusterClient {
		return c.Client(func(o *redis.ClusterOptions) { o.ContextTimeoutEnabled = true })
	}
	exercise(t, on(t, client()), on(t, client()))
	if got := left(t, client()); len(got) != 0 {
		t.Errorf("left: %q", got)
	}
	listenElsewhere(t, c)
}

// listenElsewhere has processes subscribe at another master and at a replica. A script that
// publishes counts none of them, and all hear it: locks and seats pass by notification, each
// to one.
func listenElsewhere(t *testing.T, c *redistest.Cluster) {
	t.Helper()
	key := "incumbent:{locks}:space"
	owner := c.Owner(c.Nodes[0], key)
	nodes := []*redistest.Server{c.Bystander(key), c.Replica(owner)}
	var spaces []*Space
	for i := range 4 {
		rdb := elsewhere{c.Client(), nodes[i%2].Client()}
		s := on(t, rdb, func(c *Config) { c.Lease = 30 * time.Second }) // who is not notified looks every 4 s
		if err := s.Do(t.Context(), "x", nothing); err != nil {
			t.Fatal(err)
		}
		spaces = append(spaces, s)
	}
	for _, node := range nodes {
		for begun := time.Now(); len(channels(t, node, key)) < 2; time.Sleep(time.Millisecond) {
			if time.Since(begun) > 10*time.Second {
				t.Fatalf("subscribed at %s: %q", node.Addr(), channels(t, node, key))
			}
		}
	}
	passSeats(t, spaces, 1)
	passSeats(t, spaces, 2)
	if at := channels(t, owner, key); len(at) != 0 {
		t.Errorf("subscribed where the scripts run: %q", at)
	}
}

// channels are those of a key that somebody subscribed to at this node.
func channels(t *testing.T, node *redistest.Server, key string) []string {
	t.Helper()
	all, err := node.Client().PubSubChannels(t.Context(), key+":*").Result()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// passSeats has all want n seats many times, and looks that no seat has two, and that none is
// free for as long as it takes to look.
func passSeats(t *testing.T, spaces []*Space, n int) {
	t.Helper()
	const each = 10
	var all sync.WaitGroup
	var inside [2]atomic.Int32
	var mu sync.Mutex
	freed, limit := time.Now(), spaces[0].timing.Beat/2
	var longest time.Duration
	for _, s := range spaces {
		seats := s.Seats([]string{"one", "two"}[n-1], n)
		all.Go(func() {
			for range each {
				if t.Failed() {
					return
				}
				if err := seats.Do(t.Context(), func(ctx context.Context, _ Term) error {
					mu.Lock()
					passed := time.Since(freed)
					longest = max(longest, passed)
					mu.Unlock()
					if passed > limit {
						t.Errorf("%d seats: nobody got one for %v: that was no notification", n, passed)
					}
					seat, _ := SeatFrom(ctx)
					if inside[seat].Add(1) != 1 {
						t.Errorf("%d of %d seats: two in seat %d", n, n, seat)
					}
					time.Sleep(5 * time.Millisecond)
					inside[seat].Add(-1)
					mu.Lock()
					freed = time.Now()
					mu.Unlock()
					return nil
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	t.Logf("%d seats: passed on within %v", n, longest)
}
