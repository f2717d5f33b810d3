package register

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/record"
)

// A Warmer makes connections beside the attempts, with more patience. Connecting
// takes several round trips, and an attempt at a short lease may be over before: a
// network that is slow, but fast enough to beat on, would never be connected to.
type Warmer struct {
	rdb     Client
	look    *redis.Script
	busy    atomic.Bool
	ctx     context.Context //nolint:containedctx // of what runs beside the callers
	cancel  context.CancelFunc
	running sync.WaitGroup
}

// To connect takes up to four round trips, with TLS six, and where each takes longer
// than an attempt nobody could lead.
const (
	WarmPatience = 3 * time.Second
	warmAttempts = 6
)

// NewWarmer returns one that makes connections of that client.
func NewWarmer(rdb Client) *Warmer {
	w := &Warmer{rdb: rdb, look: redis.NewScript(LookSource)}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	return w
}

// Warm begins to make a connection for requests that had no answer within an
// attempt, unless one is being made. It does not block.
func (w *Warmer) Warm(attempt time.Duration, requests []Request) {
	if !slices.ContainsFunc(requests, Request.stays) || !w.busy.CompareAndSwap(false, true) {
		return
	}
	w.running.Go(func() {
		defer w.busy.Store(false)
		ctx, cancel := context.WithTimeout(w.ctx, min(WarmPatience, warmAttempts*attempt))
		defer cancel()
		// The connection is what counts; it goes to the pool, whatever is answered.
		_, _ = w.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
			p.EvalSha(ctx, w.look.Hash(), []string{requests[0].Place.Key})
			return nil
		})
	})
}

// Connect begins to make a connection for whoever asks first. It does not block.
func (w *Warmer) Connect() {
	w.running.Go(func() {
		ctx, cancel := context.WithTimeout(w.ctx, WarmPatience)
		defer cancel()
		_, _ = w.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
			p.Ping(ctx)
			return nil
		})
	})
}

// stays says that who asks is not about to leave. A client's call does not end with
// its context but with that one's deadline, and leaving must not wait for it.
func (q Request) stays() bool {
	return !q.Leaves && (q.Swap == nil || q.Swap.Rec.Status != record.Vacant)
}

// Stop ends what is under way and waits for it.
func (w *Warmer) Stop() {
	w.cancel()
	w.running.Wait()
}
