// Package robfigcron runs the jobs of a robfig/cron on the process that leads.
package robfigcron

import (
	"context"

	"github.com/robfig/cron/v3"

	"example.com/incumbent/election"
	"example.com/incumbent/singleton"
)

// Hooks run a new cron in each term. Function add gives it its jobs. They must end soon
// after ctx, and can hand the term to what they write to. The hooks belong to one
// election.
func Hooks(add func(ctx context.Context, c *cron.Cron, term election.Term) error) singleton.Hooks {
	var c *cron.Cron
	return singleton.Hooks{
		OnElected: func(ctx context.Context, term election.Term) error {
			c = cron.New()
			if err := add(ctx, c, term); err != nil {
				return err
			}
			c.Start()
			return nil
		},
		OnRevoked: func(context.Context, election.Term, error) {
			<-c.Stop().Done() // running jobs have ended, and only then another can lead
		},
	}
}
