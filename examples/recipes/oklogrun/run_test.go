package oklogrun_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oklog/run"

	"example.com/incumbent/election"
	"example.com/incumbent/election/electiontest"
	"example.com/incumbent/singleton"

	"example.com/incumbent/examples/recipes/internal/recipetest"
	"example.com/incumbent/examples/recipes/oklogrun"
)

// actors runs workers beside another actor, which waits for the end of the process.
func actors(ctx context.Context, conn *election.Conn, cfg election.Config, work election.Work) error {
	workers, err := singleton.NewGroup(conn, singleton.Worker{Election: cfg, Work: work})
	if err != nil {
		return err
	}
	var g run.Group
	g.Add(oklogrun.Actor(workers))
	g.Add(run.ContextHandler(ctx))
	if err := g.Run(); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// Two terms of one process, a partition and a crash.
func TestTwoTermsAndACrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		recipetest.Run(t, recipetest.InBubble, func(ctx context.Context, p *recipetest.Process) error {
			conn, err := election.Connect(p.Client, election.Config{})
			if err != nil {
				return err
			}
			return actors(ctx, conn, p.Config(), p.Watch(singleton.Every(recipetest.InBubble.Every, func(context.Context, election.Term) error {
				p.Job()
				return nil
			})))
		})
	})
}

// When another actor fails, the work is stopped and drains before Run returns, and
// Run returns the error of that actor.
func TestAnotherActorFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, err := election.Connect(electiontest.NewRedis(t).Client(), election.Config{})
		if err != nil {
			t.Fatal(err)
		}
		working, drained := make(chan struct{}), false
		workers, err := singleton.NewGroup(conn, singleton.Worker{Election: recipetest.InBubble.Config(), Work: func(ctx context.Context, _ election.Term) error {
			close(working)
			<-ctx.Done()
			time.Sleep(time.Minute)
			drained = true
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		broken := errors.New("broken")
		var g run.Group
		g.Add(oklogrun.Actor(workers))
		g.Add(func() error { <-working; return broken }, func(error) {})
		if err := g.Run(); !errors.Is(err, broken) || !drained {
			t.Errorf("Run returned %v, the work had drained: %t", err, drained)
		}
		if leader, err := workers.Elector(recipetest.InBubble.Config().Name).Leader(t.Context()); err != nil || !leader.Nobody() {
			t.Errorf("after Run %v leads, %v", leader, err)
		}
	})
}
