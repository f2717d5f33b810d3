package peer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// unchanged is how many reads without a change the naive pattern waits for.
const unchanged = 3

// Naive is the counter that is lock and heartbeat in one, as it is usually
// written: see docs/protocol.md.
func Naive() System {
	return System{
		Name: "naive",
		Setup: func(lease time.Duration) string {
			return fmt.Sprintf("every %v: leader INCR, follower SETNX and GET, GETSET after %d unchanged reads; no TTL, DEL at the end", polling(lease), unchanged)
		},
		Server: Redis,
		Open: func(t Target) (Node, error) {
			return &naive{rdb: redis.NewClient(&redis.Options{Addr: t.Redis}), lease: t.Lease}, nil
		},
		Renewals: []string{"INCR"},
	}
}

type naive struct {
	rdb   *redis.Client
	lease time.Duration
}

func (n *naive) Lead(ctx context.Context, election string, elected func()) error {
	return pollingLead(ctx, n.lease, &counter{rdb: n.rdb, key: "naive:" + election}, elected)
}

func (n *naive) Close() error { return n.rdb.Close() }

// counter is one candidate's view of the key.
type counter struct {
	rdb  *redis.Client
	key  string
	last int64 // as a follower: what was read; as the leader: what we wrote
	same int   // reads in a row that showed last
}

func (c *counter) try(ctx context.Context) (bool, error) {
	won, err := c.rdb.SetNX(ctx, c.key, 1, 0).Result()
	if err != nil {
		return false, err
	}
	if won {
		c.last = 1
		return true, nil
	}
	seen, err := c.rdb.Get(ctx, c.key).Int64()
	if errors.Is(err, redis.Nil) {
		return false, nil // deleted since: the next round gets it
	}
	if err != nil {
		return false, err
	}
	if seen != c.last {
		c.last, c.same = seen, 0
		return false, nil
	}
	if c.same++; c.same < unchanged {
		return false, nil
	}
	return c.reset(ctx)
}

func (c *counter) reset(ctx context.Context) (bool, error) {
	c.same = 0
	old, err := c.rdb.GetSet(ctx, c.key, 1).Int64() //nolint:staticcheck // deprecated, and what the pattern is known by
	if err != nil || old < c.last {
		return false, err // somebody reset it before us
	}
	c.last = 1
	return true, nil
}

// renew tells by the count that somebody else reset it, which the pattern itself
// does not look at.
func (c *counter) renew(ctx context.Context) (bool, error) {
	count, err := c.rdb.Incr(ctx, c.key).Result()
	if err != nil {
		return false, err
	}
	c.last++
	return count == c.last, nil
}

func (c *counter) release(ctx context.Context) error { return c.rdb.Del(ctx, c.key).Err() }
