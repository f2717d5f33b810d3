// Package asynq runs an asynq.Scheduler on the process that leads.
package asynq

import (
	"context"
	"errors"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
)

// Scheduler returns work that runs a new asynq.Scheduler in each term: one that was
// stopped cannot be started again. Each has a client of its own, which connect makes.
// The scheduler closes it.
func Scheduler(connect func() redis.UniversalClient, opts *asynq.SchedulerOpts, register func(*asynq.Scheduler) error) election.Work {
	return func(ctx context.Context, _ election.Term) error {
		rdb := connect()
		s := asynq.NewScheduler(connection{rdb}, opts)
		if err := register(s); err != nil {
			return errors.Join(err, rdb.Close())
		}
		if err := s.Start(); err != nil {
			return errors.Join(err, rdb.Close())
		}
		<-ctx.Done()
		// Asynq's calls know no context. While Redis does not answer, closing the
		// client is what ends them within the grace.
		defer time.AfterFunc(patience, func() { _ = rdb.Close() }).Stop()
		s.Shutdown() // waits for what is being enqueued
		return nil
	}
}

// patience must be below the grace, which is a fifth of the lease.
const patience = 300 * time.Millisecond

// connection is the client for asynq.NewScheduler, which closes it at the end.
type connection struct{ redis.UniversalClient }

// MakeRedisClient implements asynq.RedisConnOpt.
func (c connection) MakeRedisClient() any { return c.UniversalClient }
