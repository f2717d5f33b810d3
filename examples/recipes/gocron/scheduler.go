package gocron

import (
	"context"
	"errors"
	"time"

	"github.com/go-co-op/gocron/v2"

	"example.com/incumbent/election"
)

// Scheduler returns work that runs a new gocron.Scheduler in each term. Function add
// gives it its jobs. Give each the option gocron.WithContext(ctx): the context that the
// job gets then ends with the term, and the job must end soon after it.
func Scheduler(add func(ctx context.Context, s gocron.Scheduler, term election.Term) error) election.Work {
	return func(ctx context.Context, term election.Term) error {
		s, err := gocron.NewScheduler(gocron.WithStopTimeout(stopTimeout))
		if err != nil {
			return err
		}
		if err := add(ctx, s, term); err != nil {
			return errors.Join(err, s.Shutdown())
		}
		s.Start()
		<-ctx.Done()
		return s.Shutdown() // running jobs have ended, and only then another can lead
	}
}

// stopTimeout is how long Shutdown waits for jobs. Gocron's default of 10 s would let
// another lead while a job still runs.
const stopTimeout = 24 * time.Hour
