// Package redistest gives tests a Redis: [NewStub] one in memory for a
// testing/synctest bubble, with networks that fail on request, and [Start] a
// real server process for what only a real server can show.
package redistest

import (
	"cmp"
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"example.com/incumbent/internal/link"
)

const (
	// defaultDialTimeout is that of go-redis.
	defaultDialTimeout = 5 * time.Second

	// settling is what a closed client may need until its last goroutine has
	// ended: after many dials in vain one of them sleeps for a second.
	settling = 10 * time.Second
)

// Stub is a miniredis without sockets. Everything of it runs in the bubble in
// which it was made, and on that bubble's clock: commands, scripts, TIME and
// the time to live of keys.
type Stub struct {
	// Mini is the server itself, to look into and to change its state.
	Mini *miniredis.Miniredis

	tb      testing.TB
	dawdles atomic.Bool // a client was made that may need settling
}

// NewStub starts a Stub that ends with the test. Call it inside a bubble, with
// the bubble's own tb.
//
// Clean-up runs in the reverse order of making: the clients close first, then
// their links are cut, and last the server goes, which waits until nobody is
// connected. A subscription is not its client's: close it in the test.
func NewStub(tb testing.TB) *Stub {
	tb.Helper()
	m := miniredis.NewMiniRedis()
	// Dial is the only way to start a miniredis that does not listen. Its pipe
	// is of no other use: see package link.
	pipe, err := m.Dial()
	if err != nil {
		tb.Fatalf("redistest: starting miniredis: %v", err)
	}
	_ = pipe.Close()
	m.ClockTTL(true)
	s := &Stub{Mini: m, tb: tb}
	tb.Cleanup(func() {
		if s.dawdles.Load() {
			time.Sleep(settling) // of the bubble's time, which is free
		}
		m.Close()
	})
	return s
}

// Link returns a new network to the stub. Give each client that shall fail
// alone a Link of its own.
func (s *Stub) Link() *link.Link {
	l := link.New(s.Mini.Server().ServeConn)
	s.tb.Cleanup(l.Cut) // nobody may dial a server that is gone
	return l
}

// Client returns a client that reaches the stub through l and is closed at the
// end of the test. Its options are those of go-redis, apart from what a bubble
// asks for; each mutate may change them.
//
// A redis.PubSub holds its mutex while it connects, and a goroutine that waits
// for a mutex keeps the bubble's clock from moving: if connecting takes time,
// because the link is slow or stalled, nothing else may touch the PubSub
// meanwhile, or the test hangs. So use each from one goroutine only, with
// Receive. The health check of its Channel is a second one.
func (s *Stub) Client(l *link.Link, mutate ...func(*redis.Options)) *redis.Client {
	s.dawdles.Store(true)
	return newClient(s.tb, Options(l), mutate)
}

// Options are those of [Stub.Client]. Whoever makes a client of them closes it.
func Options(l *link.Link) *redis.Options {
	options := &redis.Options{
		Addr:     link.Addr,
		PoolSize: 10, // the default depends on the machine, and tests shall not
		// In its default mode the client resolves the host in Addr. Package net
		// keeps what the first bubble's resolver made, and panics in the next.
		// link.Addr needs no resolver; this is for a test that changes it.
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
	options.Dialer = boundedDialer(l, options)
	return options
}

// boundedDialer gives up after the DialTimeout of options, as the dialer of
// go-redis does. The dials of a PubSub have no other bound.
func boundedDialer(l *link.Link, options *redis.Options) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, cmp.Or(options.DialTimeout, defaultDialTimeout))
		defer cancel()
		return l.Dial(ctx, network, addr)
	}
}

// newClient returns a client that the end of the test closes.
func newClient(tb testing.TB, options *redis.Options, mutate []func(*redis.Options)) *redis.Client {
	for _, change := range mutate {
		change(options)
	}
	client := redis.NewClient(options)
	tb.Cleanup(func() { _ = client.Close() }) // the test may have closed it
	return client
}
