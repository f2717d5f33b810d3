package cell

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

// A yardstick measures the round trip that latencies are compared with: a PING
// to a Redis, also for systems that run on something else.
type yardstick struct{ rdb *redis.Client }

func newYardstick(addr string) *yardstick {
	return &yardstick{redis.NewClient(&redis.Options{Addr: addr, PoolSize: 1})}
}

func (y *yardstick) close() { _ = y.rdb.Close() } // nothing that could be lost

// pings measures n PINGs, one after the other, in microseconds.
func (y *yardstick) pings(ctx context.Context, n int) (summary, error) {
	return repeat(n, func() error { return y.rdb.Ping(ctx).Err() })
}

// repeat measures f in microseconds, after a few calls that don't count.
func repeat(n int, f func() error) (summary, error) {
	took := make([]float64, 0, n)
	for range n + n/10 {
		began := time.Now()
		if err := f(); err != nil {
			return summary{}, err
		}
		took = append(took, micros(time.Since(began)))
	}
	return summarise(took[n/10:]), nil
}

// repeatPaused measures f in microseconds, each time after a pause as long as one
// between two handovers: by then the CPUs sleep, and their caches are cold.
func repeatPaused(ctx context.Context, n int, f func() error) (summary, error) {
	took := make([]float64, 0, n)
	for range n {
		if err := sleep(ctx, holds); err != nil {
			return summary{}, err
		}
		began := time.Now()
		if err := f(); err != nil {
			return summary{}, err
		}
		took = append(took, micros(time.Since(began)))
	}
	return summarise(took), nil
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
