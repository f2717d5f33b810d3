package cell

import (
	"context"
	"time"

	"example.com/incumbent/benchmarks/internal/peer"
)

// term is one call of Lead.
type term struct {
	cancel  context.CancelFunc
	won     chan struct{}
	done    chan struct{}
	elected time.Time // once won is closed
}

func startTerm(ctx context.Context, node peer.Node, election string) *term {
	ctx, cancel := context.WithCancel(ctx)
	t := &term{cancel: cancel, won: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(t.done)
		_ = node.Lead(ctx, election, func() { // a term that ends too early is seen by who waits for it
			t.elected = time.Now()
			close(t.won)
		})
	}()
	return t
}

func (t *term) await(ctx context.Context, patience time.Duration) error {
	select {
	case <-t.won:
		return nil
	case <-t.done:
		return peer.ErrLost
	case <-time.After(patience):
		return errNobody
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (t *term) end() {
	t.cancel()
	<-t.done
}
