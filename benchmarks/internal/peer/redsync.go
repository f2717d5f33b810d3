package peer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-redsync/redsync/v4"
	"github.com/go-redsync/redsync/v4/redis/goredis/v9"
	"github.com/redis/go-redis/v9"
)

// Redsync is github.com/go-redsync/redsync on one Redis.
func Redsync() System {
	return System{
		Name: "redsync",
		Setup: func(lease time.Duration) string {
			return fmt.Sprintf("WithExpiry(%v), WithTries(1); TryLockContext, then ExtendContext, every %v", lease, polling(lease))
		},
		Server:   Redis,
		Open:     openRedsync,
		Renewals: []string{"PEXPIRE"},
	}
}

type redsyncNode struct {
	rdb   *redis.Client
	locks *redsync.Redsync
	lease time.Duration
}

func openRedsync(t Target) (Node, error) {
	rdb := redis.NewClient(&redis.Options{Addr: t.Redis})
	return &redsyncNode{rdb: rdb, locks: redsync.New(goredis.NewPool(rdb)), lease: t.Lease}, nil
}

func (n *redsyncNode) Lead(ctx context.Context, election string, elected func()) error {
	mutex := n.locks.NewMutex(election, redsync.WithExpiry(n.lease), redsync.WithTries(1))
	return pollingLead(ctx, n.lease, redsyncClaim{mutex}, elected)
}

func (n *redsyncNode) Close() error { return n.rdb.Close() }

type redsyncClaim struct{ mutex *redsync.Mutex }

func (c redsyncClaim) try(ctx context.Context) (bool, error) {
	err := c.mutex.TryLockContext(ctx)
	return err == nil, err
}

func (c redsyncClaim) renew(ctx context.Context) (bool, error) {
	held, err := c.mutex.ExtendContext(ctx)
	if _, unknown := errors.AsType[*redsync.RedisError](err); unknown {
		return false, err
	}
	return held, nil
}

func (c redsyncClaim) release(ctx context.Context) error {
	_, err := c.mutex.UnlockContext(ctx)
	return err
}
