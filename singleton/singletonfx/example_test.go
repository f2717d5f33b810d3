package singletonfx_test

import (
	"context"
	"fmt"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"go.uber.org/fx"

	"example.com/incumbent/election"
	"example.com/incumbent/singleton"
	"example.com/incumbent/singleton/singletonfx"
)

// newRedis provides an application's client; here of a Redis in this process.
func newRedis(lc fx.Lifecycle) (*redis.Client, error) {
	server := miniredis.NewMiniRedis()
	if err := server.Start(); err != nil {
		return nil, err
	}
	client := redis.NewClient(&redis.Options{Addr: server.Addr()})
	lc.Append(fx.StopHook(func() error {
		defer server.Close()
		fmt.Println("client: closing")
		return client.Close()
	}))
	return client, nil
}

func ExampleModule() {
	newReport := func(app fx.Shutdowner) singleton.Worker {
		return singleton.Worker{
			// BootstrapImmediate is for demonstrations: no wait for a lease at the first start.
			Election: election.Config{Name: "report", Bootstrap: election.BootstrapImmediate},
			Work: func(ctx context.Context, _ election.Term) error {
				fmt.Println("report: one of all instances writes it")
				_ = app.Shutdown() // as SIGTERM does
				<-ctx.Done()
				fmt.Println("report: draining")
				return nil
			},
		}
	}
	newAlarm := func() singleton.Worker {
		return singleton.Worker{Election: election.Config{Name: "report"}, Hooks: singleton.Hooks{
			OnElected: func(context.Context, election.Term) error {
				fmt.Println("alarm: on")
				return nil
			},
			OnRevoked: func(_ context.Context, _ election.Term, cause error) {
				fmt.Println("alarm: off, ended by:", election.ReasonOf(cause))
			},
		}}
	}

	fx.New(
		fx.NopLogger,
		fx.Provide(newRedis),
		singletonfx.Module,
		fx.Provide(
			singletonfx.AsWorker(newReport),
			singletonfx.AsWorker(newAlarm),
		),
	).Run()
	// Output:
	// alarm: on
	// report: one of all instances writes it
	// report: draining
	// alarm: off, ended by: caller
	// client: closing
}
