package asynq_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/election/electiontest"
	"example.com/incumbent/singleton"

	recipe "example.com/incumbent/examples/recipes/asynq"
	"example.com/incumbent/examples/recipes/internal/recipetest"
)

// Two terms of one process, a partition and a crash: tasks are enqueued by the leader
// alone, and by each that leads.
func TestTwoTermsAndACrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		recipetest.Run(t, recipetest.InBubble, func(ctx context.Context, p *recipetest.Process) error {
			e, err := p.Elector()
			if err != nil {
				return err
			}
			opts := &asynq.SchedulerOpts{
				LogLevel: asynq.FatalLevel,
				PostEnqueueFunc: func(_ *asynq.TaskInfo, err error) {
					if err == nil {
						p.Job()
					}
				},
			}
			work := recipe.Scheduler(
				func() redis.UniversalClient { return redis.NewClient(p.Options()) }, opts, register)
			return singleton.Keep(ctx, e, p.Watch(work), singleton.Policy{})
		})
	})
}

// While Redis does not answer, the scheduler ends within the grace all the same, with the
// shortest lease.
func TestEndsWithinTheGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := electiontest.NewRedis(t).Client()
		cfg := recipetest.InBubble.Config()
		cfg.Lease = 2 * time.Second
		cfg.OnOverrun = func(o election.Overrun) { t.Errorf("overrun: %+v", o) }
		e, err := election.New(client, cfg)
		if err != nil {
			t.Fatal(err)
		}
		connect := func() redis.UniversalClient { return redis.NewClient(client.Options()) }
		opts := &asynq.SchedulerOpts{
			LogLevel:        asynq.FatalLevel,
			PostEnqueueFunc: func(*asynq.TaskInfo, error) { client.BlackHole() },
		}
		if err := e.Lead(t.Context(), recipe.Scheduler(connect, opts, register)); !errors.Is(err, election.ErrExpired) {
			t.Errorf("Lead returned %v, want ErrExpired", err)
		}
	})
}

func register(s *asynq.Scheduler) error {
	_, err := s.Register("@every 1s", asynq.NewTask("report", nil))
	return err
}
