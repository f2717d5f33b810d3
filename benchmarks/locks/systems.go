package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/bsm/redislock"
	"github.com/go-redsync/redsync/v4"
	"github.com/go-redsync/redsync/v4/redis/goredis/v9"
	"github.com/redis/go-redis/v9"
	"github.com/redis/rueidis"
	"github.com/redis/rueidis/rueidislock"

	"example.com/incumbent/election"
	"example.com/incumbent/lock"
)

const (
	expiry = 30 * time.Second      // of those that do not renew: longer than anything here
	retry  = 10 * time.Millisecond // of those that poll
)

// A locker is one process: a client of its own, and what a library needs on it.
type locker interface {
	// do runs work while it holds name, for which it waits as long as it takes.
	do(ctx context.Context, name string, work func()) error
	close() error
}

// lockers are what is compared, each set up as its documentation advises.
var lockers = []struct {
	name string
	open func(addr string) (locker, error)
}{
	{"incumbent", openIncumbent},
	{"redislock", openRedislock},
	{"redsync", openRedsync},
	{"rueidislock", openRueidislock},
}

func openLocker(name, addr string) (locker, error) {
	for _, system := range lockers {
		if system.name == name {
			return system.open(addr)
		}
	}
	return nil, errors.New("no system has that name: " + name)
}

type incumbent struct {
	rdb   *redis.Client
	locks *lock.Space
}

func openIncumbent(addr string) (locker, error) { return newIncumbent(addr, 0) }

// newIncumbent is all by default, but that the first call does not wait for a lease.
func newIncumbent(addr string, lease time.Duration) (*incumbent, error) {
	rdb := redis.NewClient(&redis.Options{Addr: addr})
	locks, err := lock.Open(rdb, lock.Config{Lease: lease, Bootstrap: election.BootstrapImmediate, Logger: slog.New(slog.DiscardHandler)})
	return &incumbent{rdb, locks}, err
}

func (l *incumbent) do(ctx context.Context, name string, work func()) error {
	return l.locks.Do(ctx, name, func(context.Context, lock.Term) error {
		work()
		return nil
	})
}

func (l *incumbent) close() error { return errors.Join(l.locks.Close(), l.rdb.Close()) }

type redislockLocker struct {
	rdb     *redis.Client
	locks   *redislock.Client
	options *redislock.Options // the same for all calls, which costs least
}

func openRedislock(addr string) (locker, error) {
	rdb := redis.NewClient(&redis.Options{Addr: addr})
	return redislockLocker{rdb, redislock.New(rdb), &redislock.Options{RetryStrategy: redislock.LinearBackoff(retry)}}, nil
}

func (l redislockLocker) do(ctx context.Context, name string, work func()) error {
	held, err := l.locks.Obtain(ctx, name, expiry, l.options)
	if err != nil {
		return err
	}
	work()
	return held.Release(context.WithoutCancel(ctx))
}

func (l redislockLocker) close() error { return l.rdb.Close() }

type redsyncLocker struct {
	rdb   *redis.Client
	locks *redsync.Redsync
}

func openRedsync(addr string) (locker, error) {
	rdb := redis.NewClient(&redis.Options{Addr: addr})
	return redsyncLocker{rdb, redsync.New(goredis.NewPool(rdb))}, nil
}

func (l redsyncLocker) do(ctx context.Context, name string, work func()) error {
	mutex := l.locks.NewMutex(name, redsync.WithExpiry(expiry), redsync.WithTries(1_000_000), redsync.WithRetryDelay(retry))
	if err := mutex.LockContext(ctx); err != nil {
		return err
	}
	work()
	_, err := mutex.UnlockContext(context.WithoutCancel(ctx))
	return err
}

func (l redsyncLocker) close() error { return l.rdb.Close() }

type rueidislockLocker struct{ locks rueidislock.Locker }

// An attempt of rueidislock may take longer than the 20 ms of its default: one that takes longer on
// a busy machine waits for news of a key that nobody holds, for ever.

func openRueidislock(addr string) (locker, error) {
	locks, err := rueidislock.NewLocker(rueidislock.LockerOption{
		ClientOption: rueidis.ClientOption{InitAddress: []string{addr}},
		KeyMajority:  1, NoLoopTracking: true, TryNextAfter: time.Second,
	})
	return rueidislockLocker{locks}, err
}

func (l rueidislockLocker) do(ctx context.Context, name string, work func()) error {
	_, release, err := l.locks.WithContext(ctx, name)
	if err != nil {
		return err
	}
	work()
	release()
	return nil
}

func (l rueidislockLocker) close() error {
	l.locks.Close()
	return nil
}
