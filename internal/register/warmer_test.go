package register

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
	Client

	calls atomic.Int32
}

func (c *counted) Pipelined(context.Context, func(redis.Pipeliner) error) ([]redis.Cmder, error) {
	c.calls.Add(1)
	return nil, nil
}

// For who leaves no connection is made: leaving would have to wait for it.
func TestNothingIsWarmedForWhoLeaves(t *testing.T) {
	leaves, stays, asks := Request{Swap: SwapTo(Contents{}, record.Record{Status: record.Vacant})}, Request{}, Request{Leaves: true}
	for _, c := range []struct {
		requests []Request
		calls    int32
	}{{[]Request{leaves, leaves, asks}, 0}, {[]Request{leaves, stays}, 1}} {
		client := &counted{}
		w := NewWarmer(client)
		w.Warm(time.Second, c.requests)
		w.running.Wait()
		w.Stop()
		if n := client.calls.Load(); n != c.calls {
			t.Errorf("%d calls for %d requests, want %d", n, len(c.requests), c.calls)
		}
	}
}
