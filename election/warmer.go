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
	rdb     Redis
	look    *redis.Script
	busy    atomic.Bool
	ctx     context.Context //nolint:containedctx // of what runs beside the callers
	cancel  context.CancelFunc
	running sync.WaitGroup
}

const warmPatience = 3 * time.Second

func newWarmer(rdb Redis) *warmer {
	w := &warmer{rdb: rdb, look: redis.NewScript(lookSource)}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	return w
}

// warm begins to make a connection to the server of key, unless one is being made.
// It does not block.
func (w *warmer) warm(key string) {
	if !w.busy.CompareAndSwap(false, true) {
		return
	}
	w.running.Go(func() {
		defer w.busy.Store(false)
		ctx, cancel := context.WithTimeout(w.ctx, warmPatience)
		defer cancel()
		// The connection is what counts; it goes to the pool, whatever is answered.
		_, _ = w.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
			p.EvalSha(ctx, w.look.Hash(), []string{key})
			return nil
		})
	})
}

// stop ends what is under way and waits for it.
func (w *warmer) stop() {
	w.cancel()
	w.running.Wait()
}
