package gocron_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-co-op/gocron/v2"

	"example.com/incumbent/election"
	"example.com/incumbent/election/electiontest"
	"example.com/incumbent/singleton"

	recipe "example.com/incumbent/examples/recipes/gocron"
	"example.com/incumbent/examples/recipes/internal/recipetest"
)

// runScheduler runs a scheduler whose jobs ask the elector, for as long as the process
// lives, and leads beside it.
func runScheduler(ctx context.Context, e *election.Elector, work election.Work, job func()) error {
	s, err := gocron.NewScheduler(gocron.WithDistributedElector(recipe.Elector{Elector: e}))
	if err != nil {
		return err
	}
	if _, err := s.NewJob(gocron.DurationJob(time.Second), gocron.NewTask(job)); err != nil {
		return err
	}
	s.Start()
	if err := singleton.Keep(ctx, e, work, singleton.Policy{}); err != nil {
		return err
	}
	return s.Shutdown()
}

func untilTheEnd(ctx context.Context, _ election.Term) error {
	<-ctx.Done()
	return nil
}

// Two terms of one process, a partition and a crash: a job that takes no time runs on
// one process at a time, and on each that leads.
func TestElectorTwoTermsAndACrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noTime := recipetest.InBubble
		noTime.Job = 0
		recipetest.Run(t, noTime, func(ctx context.Context, p *recipetest.Process) error {
			e, err := p.Elector()
			if err != nil {
				return err
			}
			return runScheduler(ctx, e, p.Watch(untilTheEnd), p.Job)
		})
	})
}

// What the Elector does not give: a job that runs when its process stops leading goes
// on, beside the same job of the next leader.
func TestElectorDoesNotEndJobs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, finish := make(chan string), make(chan struct{})
		fleet := electiontest.NewFleet(t, 2, func(ctx context.Context, m *electiontest.Member) error {
			e, err := election.New(m.Client, recipetest.InBubble.Config())
			if err != nil {
				return err
			}
			return runScheduler(ctx, e, m.Watch(untilTheEnd), func() {
				select {
				case began <- m.Name:
					<-finish
				case <-finish:
				}
			})
		})
		first := <-began
		asker, err := election.New(fleet.Redis.Client(), recipetest.InBubble.Config())
		if err != nil {
			t.Fatal(err)
		}
		if err := asker.StepDown(t.Context(), "a test"); err != nil {
			t.Fatal(err)
		}
		if second := <-began; second == first {
			t.Errorf("%s was asked to step down, and another job begins there", first)
		}
		close(finish) // the first one has run until now
	})
}
