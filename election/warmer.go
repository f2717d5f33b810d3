package election

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// A warmer makes connections beside the attempts, with more patience. Connecting
// takes several round trips, and an attempt at a short lease may be over before: a
// network that is slow, but fast enough to beat on, would never be connected to.
type warmer struct {
	rdb     *redis.Client
	busy    atomic.Bool
	running sync.WaitGroup
}

const warmPatience = 3 * time.Second

// warm begins to make a connection, unless one is being made. It does not block.
func (w *warmer) warm() {
	if !w.busy.CompareAndSwap(false, true) {
		return
	}
	w.running.Go(func() {
		defer w.busy.Store(false)
		ctx, cancel := context.WithTimeout(context.Background(), warmPatience)
		defer cancel()
		_ = w.rdb.Ping(ctx).Err() // the connection is what counts; it goes to the pool
	})
}

// close closes the client, which ends what is under way, and waits for that.
func (w *warmer) close() error {
	err := w.rdb.Close()
	w.running.Wait()
	return err
}
