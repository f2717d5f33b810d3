package asynq_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

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
				func() redis.UniversalClient { return redis.NewClient(p.Options()) }, opts,
				func(s *asynq.Scheduler) error {
					_, err := s.Register("@every 1s", asynq.NewTask("report", nil))
					return err
				})
			return singleton.Keep(ctx, e, p.Watch(work), singleton.Policy{})
		})
	})
}
