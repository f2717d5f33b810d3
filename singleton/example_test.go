package singleton_test

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/singleton"
)

// standIn is a Redis in this process on which an election was held before, so
// that nobody waits for a lease to be sure. Its clock stands still in the past
// and is not believed, so the next term is 42.
func standIn(name string) *miniredis.Miniredis {
	server := miniredis.NewMiniRedis()
	if err := server.Start(); err != nil {
		panic(err)
	}
	server.SetTime(time.Unix(0, 0))
	vacancy := record.Record{Status: record.Vacant, Term: 41, Beat: 7, Lease: 15 * time.Second, Nonce: record.NewNonce(), ID: "-"}
	if err := server.Set("incumbent:{"+name+"}", vacancy.String()); err != nil {
		panic(err)
	}
	return server
}

func ExampleRun() {
	server := standIn("poller") // in place of your Redis
	defer server.Close()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	rdb := redis.NewClient(&redis.Options{Addr: server.Addr()})
	defer rdb.Close()
	err := singleton.Run(ctx, rdb, "poller", singleton.Every(time.Minute,
		func(ctx context.Context, term election.Term) error {
			fmt.Println("only one of us prints this, in term", term)
			stop() // as Ctrl-C does
			return nil
		}))
	if err != nil {
		fmt.Println(err)
	}
	// Output: only one of us prints this, in term 42
}

// OnReturnStop ends Keep when the work is done, on this process alone. Each other process
// that does the same is elected later and runs the work, too. So the work must look for
// itself whether it is done.
func ExampleKeep() {
	server := standIn("migration")
	defer server.Close()
	rdb := redis.NewClient(&redis.Options{Addr: server.Addr()})
	defer rdb.Close()

	migrated := false // a row in the database, say
	process := func(id string) error {
		elector, err := election.New(rdb, election.Config{Name: "migration", ID: id, OnOverrun: singleton.ExitOnOverrun})
		if err != nil {
			return err
		}
		migrate := func(ctx context.Context, term election.Term) error {
			if migrated {
				fmt.Println(id, "finds it done, in term", term)
				return nil
			}
			fmt.Println(id, "migrates, in term", term)
			migrated = true
			return nil
		}
		return singleton.Keep(context.Background(), elector, migrate, singleton.Policy{OnReturn: singleton.OnReturnStop})
	}
	for _, id := range []string{"web-1", "web-2"} { // at the same time, as a rule
		if err := process(id); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// web-1 migrates, in term 42
	// web-2 finds it done, in term 43
}

func ExampleHooks() {
	server := standIn("consumer")
	defer server.Close()
	rdb := redis.NewClient(&redis.Options{Addr: server.Addr()})
	defer rdb.Close()

	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	work := singleton.Hooks{
		OnElected: func(ctx context.Context, term election.Term) error {
			fmt.Println("start the consumer, term", term)
			stop() // and the program with it, soon
			return nil
		},
		OnRevoked: func(ctx context.Context, term election.Term, cause error) {
			fmt.Println("stop the consumer, ended by:", election.ReasonOf(cause))
		},
	}.Work()
	if err := singleton.Run(ctx, rdb, "consumer", work); err != nil {
		fmt.Println(err)
	}
	// Output:
	// start the consumer, term 42
	// stop the consumer, ended by: caller
}

func ExampleEvery() {
	server := standIn("refresh")
	defer server.Close()
	rdb := redis.NewClient(&redis.Options{Addr: server.Addr()})
	defer rdb.Close()

	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	runs := 0
	refresh := func(ctx context.Context, term election.Term) error {
		runs++
		fmt.Println("run", runs)
		if runs == 3 {
			stop()
		}
		return nil
	}
	if err := singleton.Run(ctx, rdb, "refresh", singleton.Every(10*time.Millisecond, refresh)); err != nil {
		fmt.Println(err)
	}
	// Output:
	// run 1
	// run 2
	// run 3
}

// A check reports progress for work that cannot. When it fails for Stall, the term ends, and
// the process with it if the work ignores that.
func ExampleHealthy() {
	server := standIn("consumer")
	defer server.Close()
	rdb := redis.NewClient(&redis.Options{Addr: server.Addr()})
	defer rdb.Close()

	elector, err := election.New(rdb, election.Config{Name: "consumer", Stall: time.Minute, OnOverrun: singleton.ExitOnOverrun})
	if err != nil {
		fmt.Println(err)
		return
	}
	check := func(context.Context) error { return nil } // is the queue shorter than a while ago?
	consume := func(_ context.Context, term election.Term) error {
		fmt.Println("consuming in term", term)
		return nil
	}
	err = singleton.Keep(context.Background(), elector, singleton.Healthy(20*time.Second, check, consume), singleton.Policy{OnReturn: singleton.OnReturnStop})
	fmt.Println(err)
	// Output:
	// consuming in term 42
	// <nil>
}

// Two workers of one process share the connections, the logger and an observer.
func ExampleGroup() {
	server := miniredis.NewMiniRedis() // in place of your Redis
	if err := server.Start(); err != nil {
		panic(err)
	}
	defer server.Close()
	rdb := redis.NewClient(&redis.Options{Addr: server.Addr()})
	defer rdb.Close()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	conn, err := election.Connect(rdb, election.Config{
		Bootstrap: election.BootstrapImmediate, // nobody led here before: don't wait for a lease
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	group, err := singleton.NewGroup(conn,
		singleton.Worker{Election: election.Config{Name: "poller"}, Work: singleton.Every(time.Minute, poll)},
		singleton.Worker{Election: election.Config{Name: "consumer"}, Hooks: singleton.Hooks{
			OnElected: func(context.Context, election.Term) error { fmt.Println("the consumer starts"); stop(); return nil },
			OnRevoked: func(context.Context, election.Term, error) { fmt.Println("the consumer has stopped") },
		}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("the group ends with", group.Run(ctx))
	// Output:
	// the consumer starts
	// the consumer has stopped
	// the group ends with <nil>
}

func poll(context.Context, election.Term) error { return nil }
