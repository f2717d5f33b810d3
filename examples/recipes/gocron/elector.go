// Package gocron runs the jobs of a gocron.Scheduler on one of several processes.
package gocron

import (
	"context"
	"fmt"

	"example.com/incumbent/election"
)

// Elector is a gocron.Elector: pass it to gocron.WithDistributedElector. Jobs run while
// it leads, so something must make it lead: singleton.Keep, or a singleton.Group.
type Elector struct{ Elector *election.Elector }

// IsLeader is called before each run of a job. It reads the clock and asks nobody.
func (e Elector) IsLeader(context.Context) error {
	if !e.Elector.IsLeader() {
		return fmt.Errorf("%s does not lead %q", e.Elector.ID(), e.Elector.Name())
	}
	return nil
}
