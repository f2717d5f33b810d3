package lock_test

import (
	"context"
	"fmt"
	"log"
	"sync"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/lock"
)

// Each tenant is served by one of the processes that spread the set; here there is one.
func ExampleSpace_Spread() {
	server, err := miniredis.Run() // stands in for your Redis
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	rdb := redis.NewClient(&redis.Options{Addr: server.Addr()})
	defer rdb.Close()
	locks, err := lock.Open(rdb, lock.Config{Name: "tenants", Bootstrap: election.BootstrapImmediate})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer locks.Close()
	ctx, cancel := context.WithCancel(context.Background())
	var begun sync.WaitGroup
	tenants := []string{"acme", "globex", "initech"}
	begun.Add(len(tenants))
	go func() {
		begun.Wait()
		fmt.Println("all run")
		cancel() // such as by signal.NotifyContext
	}()
	err = locks.Spread(ctx, "serve", tenants, func(tenant string) lock.Work {
		return func(ctx context.Context, term lock.Term) error {
			begun.Done()
			<-ctx.Done() // serve the tenant until it moves, or the process ends
			return nil
		}
	})
	fmt.Println(err)
	// Output:
	// all run
	// <nil>
}
