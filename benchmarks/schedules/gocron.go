package main

import (
	"context"
	"fmt"
	"time"

	"github.com/go-co-op/gocron/v2"
	"github.com/go-redsync/redsync/v4"
	"github.com/go-redsync/redsync/v4/redis/goredis/v9"
	"github.com/redis/go-redis/v9"
)

// runGocron is one process with a Locker on Redis: a mutex of redsync for each run, with one
// try, as gocron's own locker for Redis is set up in its documentation.
func runGocron(ctx context.Context, addr string, c cell, b *book) error {
	rdb := redis.NewClient(&redis.Options{Addr: addr})
	defer rdb.Close()
	s, err := gocron.NewScheduler(gocron.WithDistributedLocker(locker{redsync.New(goredis.NewPool(rdb))}), gocron.WithLocation(time.UTC))
	if err != nil {
		return err
	}
	for i := range c.Jobs {
		run := func() { b.start(time.Now().Truncate(time.Second)) }
		if _, err := s.NewJob(gocron.CronJob("* * * * * *", true), gocron.NewTask(run), gocron.WithName(fmt.Sprint("job", i))); err != nil {
			return err
		}
	}
	s.Start()
	<-ctx.Done()
	return s.Shutdown()
}

type locker struct{ locks *redsync.Redsync }

func (l locker) Lock(ctx context.Context, key string) (gocron.Lock, error) {
	m := l.locks.NewMutex(key, redsync.WithTries(1))
	return lock{m}, m.LockContext(ctx)
}

type lock struct{ mutex *redsync.Mutex }

func (l lock) Unlock(ctx context.Context) error {
	_, err := l.mutex.UnlockContext(ctx)
	return err
}
