package election

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/record"
)

// A warmer makes connections beside the attempts, with more patience. Connecting
// takes several round trips, and an attempt at a short lease may be over before: a
// network that is slow, but fast enough to beat on, would never be connected to.
type warmer struct {
	rdb     client
	look    *redis.Script
	busy    atomic.Bool
	ctx     context.Context //nolint:containedctx // of what runs beside the callers
	cancel  context.CancelFunc
	running sync.WaitGroup
}

// To connect takes up to four round trips, with TLS six, and where each takes longer
// than an attempt nobody could lead.
const (
	warmPatience = 3 * time.Second
	warmAttempts = 6
)

func newWarmer(rdb client) *warmer {
	w := &warmer{rdb: rdb, look: redis.NewScript(lookSource)}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	return w
}

// warm begins to make a connection for requests that had no answer within an
// attempt, unless one is being made. It does not block.
func (w *warmer) warm(attempt time.Duration, requests []request) {
	if !slices.ContainsFunc(requests, request.stays) || !w.busy.CompareAndSwap(false, true) {
		return
	}
	w.running.Go(func() {
		defer w.busy.Store(false)
		ctx, cancel := context.WithTimeout(w.ctx, min(warmPatience, warmAttempts*attempt))
		defer cancel()
		// The connection is what counts; it goes to the pool, whatever is answered.
		_, _ = w.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
			p.EvalSha(ctx, w.look.Hash(), []string{requests[0].place.key})
			return nil
		})
	})
}

// connect begins to make a connection for whoever asks first. It does not block.
func (w *warmer) connect() {
	w.running.Go(func() {
		ctx, cancel := context.WithTimeout(w.ctx, warmPatience)
		defer cancel()
		_, _ = w.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
			p.Ping(ctx)
			return nil
		})
	})
}

// stays says that who asks is not about to leave. A client's call does not end with
// its context but with that one's deadline, and leaving must not wait for it.
func (q request) stays() bool {
	return !q.leaves && (q.swap == nil || q.swap.rec.Status != record.Vacant)
}

// stop ends what is under way and waits for it.
func (w *warmer) stop() {
	w.cancel()
	w.running.Wait()
}
