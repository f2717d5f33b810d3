package election

import (
	"context"
	"log/slog"
	"testing"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/redistest"
)

// One candidate ends and the other, which waits, is elected, on a real server. In
// between, the one that ended begins to wait; that is not measured, but it keeps
// the processors awake and their caches warm.
func BenchmarkHandoverOnAServer(b *testing.B) {
	server := redistest.Start(b)
	admin := server.Client()
	elected := make(chan *contender, 1)
	leader, next := newContender(b, server.Client(), elected), newContender(b, server.Client(), elected)
	leader.begin(b)
	<-elected
	for b.Loop() {
		b.StopTimer()
		next.begin(b)
		next.awaitHints(b, admin)
		b.StartTimer()
		leader.cancel()
		<-elected
		b.StopTimer()
		<-leader.ended
		leader, next = next, leader
		b.StartTimer()
	}
	leader.cancel()
	<-leader.ended
}

// contender is a process of its own, as far as Redis can tell.
type contender struct {
	*Elector

	elected chan *contender
	cancel  context.CancelFunc
	ended   chan error
}

func newContender(b *testing.B, client *redis.Client, elected chan *contender) *contender {
	b.Helper()
	e, err := New(client, Config{Name: "bench", Bootstrap: BootstrapImmediate, CoolDown: -1, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	return &contender{Elector: e, elected: elected}
}

func (c *contender) begin(b *testing.B) {
	var ctx context.Context
	ctx, c.cancel = context.WithCancel(b.Context())
	c.ended = make(chan error, 1)
	go func() {
		c.ended <- c.Lead(ctx, func(ctx context.Context, _ Term) error {
			c.elected <- c
			<-ctx.Done()
			return nil
		})
	}()
}

// awaitHints returns when somebody listens for the election's records.
func (c *contender) awaitHints(b *testing.B, admin *redis.Client) {
	b.Helper()
	for {
		n, err := admin.PubSubNumSub(b.Context(), c.place.Records()).Result()
		if err != nil {
			b.Fatal(err)
		}
		if n[c.place.Records()] > 0 {
			return
		}
	}
}
