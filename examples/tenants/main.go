// Tenants spreads a hundred tenants over processes that come and go: each runs on one of
// them, evenly, and moves when its taker waits for it.
//
//	go run ./examples/tenants                                 # no server: a stand-in in this program
//	go run ./examples/tenants -redis redis://localhost:6379   # on your Redis
//
// The processes are spaces with clients of their own, in this program. It says how many tenants each
// has and how many moved, and fails if one ran twice or the loads are not even.
//
// This file imports nothing that is internal: copy it.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"example.com/incumbent/election"
	"example.com/incumbent/lock"
)

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	url := flag.String("redis", "", "`URL` of Redis; without it, a stand-in that forgets everything at exit")
	flag.Parse()
	logging.Disable() // go-redis logs what its calls return as errors anyway
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if *url == "" {
		standIn, err := miniredis.Run()
		if err != nil {
			return err
		}
		defer standIn.Close()
		*url = "redis://" + standIn.Addr()
		fmt.Fprintln(os.Stderr, "TRYING OUT: no -redis; a stand-in on", standIn.Addr())
	}
	t := tenants{url: *url, at: map[string]string{}, was: map[string]string{}}
	for i := range 100 {
		t.names = append(t.names, fmt.Sprintf("tenant-%02d", i))
	}
	return t.comeAndGo(ctx)
}

// tenants is who runs what.
type tenants struct {
	url   string
	names []string

	mu      sync.Mutex
	at, was map[string]string // by tenant: the process that runs it, and that ran it last
	moved   int
	twice   error
}

// A process spreads the tenants until it is left.
type process struct {
	name   string
	leave  context.CancelFunc
	result chan error
}

func (t *tenants) comeAndGo(ctx context.Context) error {
	var all []*process
	for _, name := range []string{"anna", "ben", "cleo", "dora"} {
		all = append(all, t.start(ctx, name))
		if err := t.even(ctx, len(all), name+" came"); err != nil {
			return err
		}
	}
	for len(all) > 2 {
		all[0].leave()
		if err := <-all[0].result; err != nil {
			return err
		}
		name := all[0].name
		all = all[1:]
		if err := t.even(ctx, len(all), name+" went"); err != nil {
			return err
		}
	}
	for _, p := range all {
		p.leave()
		if err := <-p.result; err != nil {
			return err
		}
	}
	return t.twice
}

// start begins a process.
func (t *tenants) start(ctx context.Context, name string) *process {
	ctx, leave := context.WithCancel(ctx)
	p := &process{name, leave, make(chan error, 1)}
	go func() { p.result <- t.spread(ctx, name) }()
	return p
}

// spread is what a process does. This is all that you need.
func (t *tenants) spread(ctx context.Context, process string) error {
	options, err := redis.ParseURL(t.url)
	if err != nil {
		return err
	}
	rdb := redis.NewClient(options)
	defer rdb.Close()
	locks, err := lock.Open(rdb, lock.Config{
		Name: "tenants", ID: process,
		Bootstrap: election.BootstrapImmediate, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	defer locks.Close()
	return locks.Spread(ctx, "sync", t.names, func(tenant string) lock.Work {
		return func(ctx context.Context, _ lock.Term) error {
			t.begin(tenant, process)
			defer t.end(tenant)
			<-ctx.Done() // sync the tenant until it moves, or the process ends
			return nil
		}
	})
}

func (t *tenants) begin(tenant, process string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if other, runs := t.at[tenant]; runs {
		t.twice = cmp.Or(t.twice, fmt.Errorf("%s runs at %s and at %s", tenant, other, process))
	}
	if was := t.was[tenant]; was != process && was != "" {
		t.moved++
	}
	t.at[tenant], t.was[tenant] = process, process
}

func (t *tenants) end(tenant string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.at, tenant)
}

// even waits until so many processes have about as many tenants each, and says how it went.
func (t *tenants) even(ctx context.Context, processes int, what string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, 20*time.Second, fmt.Errorf("loads are not even after %s", what))
	defer cancel()
	for begun := time.Now(); ; {
		if loads, moved, is := t.loads(processes); is {
			fmt.Printf("%-10s %v, %d moved, after %v\n", what, loads, moved, time.Since(begun).Round(time.Millisecond))
			return t.twice
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// loads is how many tenants each process has, how many have moved since it was even last, and
// whether it is.
func (t *tenants) loads(processes int) (loads map[string]int, moved int, even bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	loads = map[string]int{}
	for _, process := range t.at {
		loads[process]++
	}
	least := len(t.names) / processes
	for _, n := range loads {
		if n < least || n > least+1 {
			return nil, 0, false
		}
	}
	if len(t.at) != len(t.names) || len(loads) != processes {
		return nil, 0, false
	}
	moved, t.moved = t.moved, 0
	return loads, moved, true
}
