package election

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/record"
)

// counted is a client that counts what it is asked for.
type counted struct {
	client

	calls atomic.Int32
}

func (c *counted) Pipelined(context.Context, func(redis.Pipeliner) error) ([]redis.Cmder, error) {
	c.calls.Add(1)
	return nil, nil
}

// For who leaves no connection is made: leaving would have to wait for it.
func TestNothingIsWarmedForWhoLeaves(t *testing.T) {
	leaves, stays, asks := request{swap: swapTo(contents{}, record.Record{Status: record.Vacant})}, request{}, request{leaves: true}
	for _, c := range []struct {
		requests []request
		calls    int32
	}{{[]request{leaves, leaves, asks}, 0}, {[]request{leaves, stays}, 1}} {
		client := &counted{}
		w := newWarmer(client)
		w.warm(time.Second, c.requests)
		w.running.Wait()
		w.stop()
		if n := client.calls.Load(); n != c.calls {
			t.Errorf("%d calls for %d requests, want %d", n, len(c.requests), c.calls)
		}
	}
}
