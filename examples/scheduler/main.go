// Scheduler runs a ticking schedule on exactly one of any number of instances, as
// an fx application. Without a Redis it starts one in the process, and three
// instances, and then changes leaders by force:
//
//	go run ./examples/scheduler
//
// With one, start it several times, and kill whom you like:
//
//	go run ./examples/scheduler -redis redis://localhost:6379
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/fx"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/demo"
	"example.com/incumbent/singleton"
	"example.com/incumbent/singleton/singletonfx"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := demo.New("scheduler").Main(ctx, run)
	stop()
	os.Exit(code)
}

// run is one instance. An application that is alone in its process is just
// newApp(…).Run().
func run(ctx context.Context, c *demo.Candidate) error {
	app := newApp(c)
	if err := app.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	var end fx.ShutdownSignal
	select {
	case <-ctx.Done():
	case end = <-app.Wait():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), app.StopTimeout())
	defer cancel()
	if err := app.Stop(ctx); err != nil {
		return err
	}
	if end.ExitCode != 0 {
		return fmt.Errorf("the application shut itself down with exit code %d", end.ExitCode)
	}
	return nil
}

// newApp is the application: a Redis client, the singletons, and one of them.
func newApp(c *demo.Candidate) *fx.App {
	return fx.New(
		fx.NopLogger,
		fx.Supply(c, c.Logger),
		fx.Provide(func() redis.UniversalClient { return c.Redis }),
		singletonfx.Module,
		fx.Provide(singletonfx.AsWorker(newSchedule), singletonfx.AsWorker(newAnnouncer)),
		// The work's grace, the release and one attempt must fit into both. They do in
		// fx's 15 s up to a lease of 30 s; here a flag decides how long it is.
		fx.StopTimeout(c.StopTimeout),
		fx.Supply(singletonfx.Settings{StopTimeout: c.StopTimeout}),
	)
}

// newSchedule returns the work that is done by the leader alone.
func newSchedule(c *demo.Candidate) singleton.Worker {
	return singleton.Worker{
		Election: election.Config{
			Name:      c.Election,
			ID:        c.ID,
			Lease:     c.Lease,
			Bootstrap: c.Bootstrap,
			Logger:    c.Logger,
			Observer:  c.Observe,
		},
		Work: func(ctx context.Context, term election.Term) error {
			s := schedule{tell: c.Tell}
			return singleton.Every(c.Every, s.tick)(ctx, term)
		},
		// A candidate whose terms keep ending early pauses for longer and longer, by
		// default up to a minute. Here they do so on purpose.
		Policy: singleton.Policy{MaxBackOff: 2 * time.Second},
	}
}

// A schedule is what one term does.
type schedule struct {
	seq  int
	tell func(demo.Line, string)
}

// tick is the work. Whatever it writes to gets the term as a fencing token and
// refuses one that is lower than it has seen: see the example cache-refresh.
func (s *schedule) tick(_ context.Context, term election.Term) error {
	s.seq++
	s.tell(demo.Line{Event: "tick", Term: term, Seq: s.seq}, "")
	return nil
}

// newAnnouncer returns what is called at the begin and at the end of each term.
func newAnnouncer(c *demo.Candidate) singleton.Worker {
	return singleton.Worker{
		Election: election.Config{Name: c.Election},
		Hooks:    singleton.Hooks{OnElected: c.Elected, OnRevoked: c.Revoked},
	}
}
