package link_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/link"
	"example.com/incumbent/internal/redistest"
)

// The case that net.Pipe cannot serve: a script publishes, so the server holds
// its lock while it writes to the subscriber.
func TestSubscriberHearsAScript(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stub := redistest.NewStub(t)
		far, near := stub.Link(), stub.Link()
		far.SetLatency(20 * time.Millisecond)
		subscriber, publisher := stub.Client(far), stub.Client(near)

		sub := subscriber.Subscribe(t.Context(), "news")
		defer sub.Close()
		if _, err := sub.Receive(t.Context()); err != nil {
			t.Fatalf("Subscribe: %v", err)
		}
		start := time.Now()
		publish := redis.NewScript(`redis.call("SET", KEYS[1], ARGV[1]) return redis.call("PUBLISH", KEYS[1], ARGV[1])`)
		if heard, err := publish.Run(t.Context(), publisher, []string{"news"}, "hello").Int(); heard != 1 || err != nil {
			t.Fatalf("publish = %d, %v; want 1 subscriber", heard, err)
		}
		expectElapsed(t, start, 0) // the far subscriber holds nobody up

		m, err := sub.ReceiveMessage(t.Context())
		if err != nil || m.Payload != "hello" {
			t.Fatalf("ReceiveMessage = %v, %v", m, err)
		}
		expectElapsed(t, start, 20*time.Millisecond)
	})
}

func TestClientCannotTellALostReplyFromALostCommand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stub := redistest.NewStub(t)
		l := stub.Link()
		client := stub.Client(l, func(o *redis.Options) { o.MaxRetries = -1 })
		if err := client.Ping(t.Context()).Err(); err != nil { // the handshake is over
			t.Fatal(err)
		}

		l.LoseReplies(1)
		if err := client.Incr(t.Context(), "n").Err(); err == nil {
			t.Error("the first INCR got a reply")
		}
		if n, err := client.Incr(t.Context(), "n").Result(); n != 2 || err != nil {
			t.Errorf("the second INCR = %d, %v; want 2", n, err)
		}
	})
}

func TestClientTimesOutInABlackHole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stub := redistest.NewStub(t)
		l := stub.Link()
		client := stub.Client(l, func(o *redis.Options) {
			o.MaxRetries = -1
			o.ReadTimeout = 2 * time.Second
		})
		if err := client.Ping(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}

		l.Swallow(link.ToClient)
		start := time.Now()
		var timeout interface{ Timeout() bool }
		if err := client.Ping(t.Context()).Err(); !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Errorf("Ping: %v, want a time-out", err)
		}
		expectElapsed(t, start, 2*time.Second)
	})
}
