package robfigcron_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/robfig/cron/v3"

	"example.com/incumbent/election"
	"example.com/incumbent/singleton"

	"example.com/incumbent/examples/recipes/internal/recipetest"
	"example.com/incumbent/examples/recipes/robfigcron"
)

// Two terms of one process, a partition and a crash: the job runs on one process at a
// time, and on each that leads.
func TestTwoTermsAndACrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		recipetest.Run(t, recipetest.InBubble, func(ctx context.Context, p *recipetest.Process) error {
			e, err := p.Elector()
			if err != nil {
				return err
			}
			hooks := robfigcron.Hooks(func(_ context.Context, c *cron.Cron, _ election.Term) error {
				_, err := c.AddFunc("@every 1s", p.Job)
				return err
			})
			return singleton.Keep(ctx, e, p.Watch(hooks.Work()), singleton.Policy{})
		})
	})
}
