package electiontest

import (
	"context"
	"log/slog"
	"testing"

	"example.com/incumbent/election"
)

// Lead returns the context and the term of a leader of that election, to call code that
// needs one: fenced writes, for instance. It leads by the default Config until the test
// ends, on any Redis, and ends the test if another leads. On a Redis that has no record
// it does not wait.
func Lead(tb testing.TB, rdb election.Redis, name string) (context.Context, election.Term) {
	tb.Helper()
	e, err := election.New(rdb, election.Config{Name: name, Bootstrap: election.BootstrapImmediate, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		tb.Fatalf("electiontest: %v", err)
	}
	type term struct {
		ctx    context.Context //nolint:containedctx // what is returned
		number election.Term
	}
	begun, ended := make(chan term, 1), make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		ended <- e.TryLead(ctx, func(ctx context.Context, number election.Term) error {
			begun <- term{ctx, number}
			<-ctx.Done()
			return nil
		})
	}()
	select {
	case t := <-begun:
		tb.Cleanup(func() {
			cancel()
			if err := <-ended; err != nil {
				tb.Logf("electiontest: leading %q ended: %v", name, err)
			}
		})
		return t.ctx, t.number
	case err := <-ended:
		cancel()
		tb.Fatalf("electiontest: nobody can lead %q here: %v", name, err)
	}
	return nil, 0
}
