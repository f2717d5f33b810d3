package gocron_test

import (
	"context"
	"testing"

	"github.com/go-co-op/gocron/v2"

	"example.com/incumbent/election"
	"example.com/incumbent/singleton"

	recipe "example.com/incumbent/examples/recipes/gocron"
	"example.com/incumbent/examples/recipes/internal/recipetest"
)

// Two terms of one process, a partition and a crash: the job runs on one process at a
// time, and on each that leads. In real time: gocron's Shutdown looks at the clock in a
// loop until running jobs have ended, and in a bubble no time passes during that.
func TestSchedulerTwoTermsAndACrash(t *testing.T) {
	t.Parallel()
	recipetest.Run(t, recipetest.InRealTime, func(ctx context.Context, p *recipetest.Process) error {
		e, err := p.Elector()
		if err != nil {
			return err
		}
		work := recipe.Scheduler(func(ctx context.Context, s gocron.Scheduler, _ election.Term) error {
			_, err := s.NewJob(gocron.DurationJob(recipetest.InRealTime.Every), gocron.NewTask(p.Job), gocron.WithContext(ctx))
			return err
		})
		return singleton.Keep(ctx, e, p.Watch(work), singleton.Policy{})
	})
}

// The context of a job ends with the term, so that no leader waits for a long job.
func TestSchedulerEndsJobs(t *testing.T) {
	t.Parallel()
	began, terms := make(chan struct{}), make(chan election.Term, 1)
	job := func(ctx context.Context) {
		close(began)
		<-ctx.Done()
		term, _ := election.TermFrom(ctx)
		terms <- term
	}
	work := recipe.Scheduler(func(ctx context.Context, s gocron.Scheduler, _ election.Term) error {
		_, err := s.NewJob(gocron.OneTimeJob(gocron.OneTimeJobStartImmediately()), gocron.NewTask(job), gocron.WithContext(ctx))
		return err
	})
	recipetest.RunTerm(t, work, began)
	if term := <-terms; term == 0 {
		t.Error("the job's context does not know the term")
	}
}
