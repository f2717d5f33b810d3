package pubsub

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/seam"
)

// dialed is a client whose connections the test counts and can break.
func dialed(t *testing.T) (client *redis.Client, dials *atomic.Int32, last *atomic.Pointer[net.Conn]) {
	t.Helper()
	dials, last = new(atomic.Int32), new(atomic.Pointer[net.Conn])
	client = redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr(), MaxRetries: -1, DialerRetries: 1, Dialer: func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		if err == nil {
			dials.Add(1)
			last.Store(&conn)
		}
		return conn, err
	}})
	t.Cleanup(func() { _ = client.Close() })
	return client, dials, last
}

// The client's PubSub reads and writes with a context that is over if its deadline is not,
// and does not connect with it. All of this package rests on that.
func TestAssumptionAPubSubObeysTheDeadlineAndDialsWithTheContext(t *testing.T) {
	client, dials, last := dialed(t)
	ps := client.Subscribe(t.Context(), "first")
	defer ps.Close()
	s := &Subscription{ctx: t.Context(), clock: seam.NewSystem()}
	over := s.noDial()
	if over.Err() == nil {
		t.Fatal("the context is not over")
	}
	for name, write := range map[string]func() error{
		"subscribe":   func() error { return ps.Subscribe(over, "second") },
		"unsubscribe": func() error { return ps.Unsubscribe(over, "third") },
		"ping":        func() error { return ps.Ping(over) },
	} {
		if err := write(); err != nil {
			t.Errorf("%s with a context that is over: %v", name, err)
		}
	}
	for range 4 {
		if _, err := ps.ReceiveTimeout(receiving{over}, 5*time.Second); err != nil {
			t.Fatalf("receive with a context that is over: %v", err)
		}
	}
	_ = (*last.Load()).Close()
	if err := ps.Subscribe(over, "fourth"); err == nil {
		t.Error("it wrote to a connection that is closed")
	}
	if _, err := ps.ReceiveTimeout(receiving{over}, 5*time.Second); err == nil {
		t.Error("it received from a connection that is closed")
	}
	if n := dials.Load(); n != 1 {
		t.Errorf("%d connections, want the first only", n)
	}
}

// What could not be subscribed, and what could not be unsubscribed, is done at the next
// adjustment.
func TestAFailedAdjustmentLosesNoChannels(t *testing.T) {
	client, _, _ := dialed(t)
	broken := client.Subscribe(t.Context())
	if err := broken.Close(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ wanted, subscribed string }{
		"subscribe":   {wanted: "a"},
		"unsubscribe": {subscribed: "b"},
		"both":        {"a", "b"},
	} {
		s := &Subscription{
			clock: seam.NewSystem(), pubsub: broken, subscribed: map[string]bool{},
			wanted: map[string]map[*Listener]struct{}{}, changed: map[string]struct{}{},
		}
		if c.wanted != "" {
			s.wanted[c.wanted] = map[*Listener]struct{}{{}: {}}
			s.changed[c.wanted] = struct{}{}
		}
		if c.subscribed != "" {
			s.subscribed[c.subscribed] = true
			s.changed[c.subscribed] = struct{}{}
		}
		if err := s.adjust(t.Context()); err == nil {
			t.Fatalf("%s: adjusted over a PubSub that is closed", name)
		}
		s.pubsub = client.Subscribe(t.Context(), "other")
		if err := s.adjust(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if s.subscribed[c.subscribed] || c.wanted != "" && !s.subscribed[c.wanted] || len(s.changed) != 0 {
			t.Errorf("%s: subscribed to %v, still to do %v", name, s.subscribed, s.changed)
		}
		_ = s.pubsub.Close()
	}
}
