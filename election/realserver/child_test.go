package realserver_test

import (
	"context"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
)

// What a process that a test has started does, and on which server.
const (
	childMode = "INCUMBENT_REALSERVER_CHILD"
	childAddr = "INCUMBENT_REALSERVER_ADDR"
)

// Keys between a test and its child.
const (
	lastProgress = "last" // when the child reported progress, by the machine's clock
	hangNow      = "hang" // it is there when the child is to hang
)

// stallOfChild is Config.Stall of the child.
const stallOfChild = time.Second

// child leads election x, reports progress, and hangs when it is told to.
func child(how string) {
	rdb := redis.NewClient(&redis.Options{Addr: os.Getenv(childAddr)})
	e, err := election.New(rdb, election.Config{
		Name: "x", ID: "child", Lease: 2 * time.Second, Stall: stallOfChild, Bootstrap: election.BootstrapImmediate,
		Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
	if err != nil {
		panic(err)
	}
	err = e.Lead(context.Background(), func(ctx context.Context, _ election.Term) error {
		for ctx.Err() == nil {
			rdb.Set(ctx, lastProgress, time.Now().UnixNano(), 0) // before the report: what is measured is an upper bound
			election.Progress(ctx)
			if rdb.Exists(ctx, hangNow).Val() == 1 {
				hang(how)
			}
			time.Sleep(20 * time.Millisecond)
		}
		return nil
	})
	slog.Info("the child has led", "error", err)
}

func hang(how string) {
	switch how {
	case "mutex":
		waitsForAMutex()
	case "spin":
		spins()
	}
}

// waitsForAMutex waits for what it has itself.
func waitsForAMutex() {
	var mu sync.Mutex
	mu.Lock()
	mu.Lock()
}

// spins never comes to a point where it would look at its context.
func spins() {
	for x := uint(1); x != 0; {
		x |= 1
	}
}
