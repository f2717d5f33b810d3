package demotest

import (
	"context"
	"log/slog"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
)

// Redis returns a server that the processes of a test share.
func Redis(tb testing.TB) *miniredis.Miniredis {
	tb.Helper()
	m := miniredis.NewMiniRedis()
	m.ClockTTL(true)
	if err := m.Start(); err != nil {
		tb.Fatalf("demotest: %v", err)
	}
	tb.Cleanup(m.Close)
	return m
}

// Vacate leaves a record of the election behind that says that nobody leads. A
// first start does not have to wait for a lease then.
func Vacate(tb testing.TB, address, name string) {
	tb.Helper()
	rdb := redis.NewClient(&redis.Options{Addr: address})
	defer rdb.Close()
	e, err := election.New(rdb, election.Config{Name: name, Bootstrap: election.BootstrapImmediate, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		tb.Fatalf("demotest: %v", err)
	}
	if err := e.Lead(context.Background(), func(context.Context, election.Term) error { return nil }); err != nil {
		tb.Fatalf("demotest: leaving a vacancy: %v", err)
	}
}
