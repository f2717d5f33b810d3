package lock

import (
	"log/slog"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/redistest"
)

// BenchmarkDo is a lock that nobody else wants, on a real server.
func BenchmarkDo(b *testing.B) {
	rdb := redistest.Start(b).Client()
	s, err := Open(rdb, Config{Bootstrap: election.BootstrapImmediate, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	ctx := b.Context()
	if err := s.Do(ctx, "order-4711", nothing); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Do(ctx, "order-4711", nothing); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSetAndDelete is what a lock without sessions does: SET NX, and a script that deletes.
func BenchmarkSetAndDelete(b *testing.B) {
	rdb := redistest.Start(b).Client()
	del := redis.NewScript(`if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`)
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		if err := rdb.SetNX(ctx, "k", "token", time.Minute).Err(); err != nil {
			b.Fatal(err)
		}
		if err := del.Run(ctx, rdb, []string{"k"}, "token").Err(); err != nil {
			b.Fatal(err)
		}
	}
}
