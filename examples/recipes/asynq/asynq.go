// Package asynq runs an asynq.Scheduler on the process that leads.
package asynq

import (
	"context"
	"errors"

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
		// Asynq's calls know no context. When leadership is lost, closing the client is
		// what ends them within the grace.
		defer context.AfterFunc(election.Drain(ctx), func() { _ = rdb.Close() })()
		s.Shutdown() // waits for what is being enqueued
		return nil
	}
}

// connection is the client for asynq.NewScheduler, which closes it at the end.
type connection struct{ redis.UniversalClient }

// MakeRedisClient implements asynq.RedisConnOpt.
func (c connection) MakeRedisClient() any { return c.UniversalClient }
