package redistest_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/link"
	"example.com/incumbent/internal/redistest"
)

func TestLinkToARealServer(t *testing.T) {
	server := redistest.Start(t)
	l := server.Link()
	client := server.ClientThrough(l, func(o *redis.Options) {
		o.MaxRetries = -1
		o.ReadTimeout = time.Second
	})
	if n, err := client.Incr(t.Context(), "n").Result(); n != 1 || err != nil {
		t.Fatalf("INCR = %d, %v", n, err)
	}
	l.LoseRepliesTo(func(request []byte) bool { return bytes.Contains(request, []byte("\r\nget\r\n")) })
	if n, err := client.Incr(t.Context(), "n").Result(); n != 2 || err != nil {
		t.Errorf("INCR = %d, %v; want 2: no reply to INCR is lost", n, err)
	}
	if n, err := client.Get(t.Context(), "n").Result(); err == nil {
		t.Errorf("the reply to GET that was to be lost is %s", n)
	}
	if n, err := client.Incr(t.Context(), "n").Result(); n != 3 || err != nil {
		t.Errorf("INCR = %d, %v; want 3, on a new connection", n, err)
	}
	l.LoseReplies(1)
	if n, err := client.Incr(t.Context(), "n").Result(); err == nil {
		t.Errorf("the answer that was lost is %d", n)
	}
	if n, err := client.Incr(t.Context(), "n").Result(); n != 5 || err != nil {
		t.Errorf("INCR = %d, %v; want 5: the one without an answer was executed", n, err)
	}
	l.Swallow(link.ToServer)
	if err := client.Incr(t.Context(), "n").Err(); err == nil {
		t.Error("a request into a black hole was answered")
	}
	l.Heal()
	if n, err := client.Incr(t.Context(), "n").Result(); n != 6 || err != nil {
		t.Errorf("INCR = %d, %v; want 6: the one in the black hole was not executed", n, err)
	}
	server.Kill()
	if err := client.Incr(t.Context(), "n").Err(); err == nil {
		t.Error("a server that is gone has answered")
	}
}
