package peer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bsm/redislock"
	"github.com/redis/go-redis/v9"
)

// Redislock is github.com/bsm/redislock.
func Redislock() System {
	return System{
		Name: "redislock",
		Setup: func(lease time.Duration) string {
			return fmt.Sprintf("Obtain with a TTL of %v and no retry, then Refresh, every %v", lease, polling(lease))
		},
		Server:   Redis,
		Open:     openRedislock,
		Renewals: []string{"PEXPIRE"},
	}
}

type redislockNode struct {
	rdb   *redis.Client
	locks *redislock.Client
	lease time.Duration
}

func openRedislock(t Target) (Node, error) {
	rdb := redis.NewClient(&redis.Options{Addr: t.Redis})
	return &redislockNode{rdb: rdb, locks: redislock.New(rdb), lease: t.Lease}, nil
}

func (n *redislockNode) Lead(ctx context.Context, election string, elected func()) error {
	return pollingLead(ctx, n.lease, &redislockClaim{redislockNode: n, key: election}, elected)
}

func (n *redislockNode) Close() error { return n.rdb.Close() }

type redislockClaim struct {
	*redislockNode

	key  string
	lock *redislock.Lock
}

func (c *redislockClaim) try(ctx context.Context) (bool, error) {
	lock, err := c.locks.Obtain(ctx, c.key, c.lease, nil)
	c.lock = lock
	return err == nil, err
}

func (c *redislockClaim) renew(ctx context.Context) (bool, error) {
	err := c.lock.Refresh(ctx, c.lease, nil)
	if errors.Is(err, redislock.ErrNotObtained) {
		return false, nil
	}
	return err == nil, err
}

func (c *redislockClaim) release(ctx context.Context) error { return c.lock.Release(ctx) }
