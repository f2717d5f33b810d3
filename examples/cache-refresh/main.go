// Cache-refresh keeps a cache entry in Redis fresh: one of any number of instances
// fetches it from a slow source, and all of them serve it. Without a Redis it
// starts one in the process, and three instances, and then changes leaders by
// force:
//
//	go run ./examples/cache-refresh
//
// With one, start it several times, and kill whom you like:
//
//	go run ./examples/cache-refresh -redis redis://localhost:6379
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/demo"
	"example.com/incumbent/singleton"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	d := demo.New("cache-refresh")
	src := newSource()
	d.Flags.Func("source", "`URL` to fetch, of http or https; default a slow endpoint in this process", src.set)
	code := d.Main(ctx, func(ctx context.Context, c *demo.Candidate) error { return run(ctx, c, src) })
	stop()
	os.Exit(code)
}

// run is one instance: it serves the entry, and may be the one that refreshes it.
func run(ctx context.Context, c *demo.Candidate, src *source) error {
	elector, err := election.New(c.Redis, election.Config{
		Name:      c.Election,
		ID:        c.ID,
		Lease:     c.Lease,
		Bootstrap: c.Bootstrap,
		Logger:    c.Logger,
		Observer:  c.Observe,
	})
	if err != nil {
		return err
	}
	shared := newCache(c.Redis, c.Election, lifetime(c.Every, c.Lease))
	hooks := singleton.Hooks{OnElected: c.Elected, OnRevoked: c.Revoked}
	refresh := func(ctx context.Context, term election.Term) error {
		r := refresher{candidate: c, source: src, cache: shared}
		return singleton.Every(c.Every, r.refresh)(ctx, term)
	}
	// A candidate whose terms keep ending early pauses for longer and longer, by
	// default up to a minute. Here they do so on purpose.
	policy := singleton.Policy{MaxBackOff: 2 * time.Second}

	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return singleton.Keep(ctx, elector, hooks.Around(refresh), policy) })
	g.Go(func() error { return serve(ctx, c, shared) })
	return g.Wait()
}
