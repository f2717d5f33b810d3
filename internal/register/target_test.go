package register

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Errors name whom a client reaches, as far as it tells, and no password.
func TestErrorsNameTheAddress(t *testing.T) {
	const secret = "hunter2"
	plain := redis.NewClient(&redis.Options{Addr: "redis-0:6379", Password: secret})
	cluster := func(addrs ...string) *redis.ClusterClient {
		return redis.NewClusterClient(&redis.ClusterOptions{Addrs: addrs, Password: secret})
	}
	sentinel := redis.NewFailoverClient(&redis.FailoverOptions{MasterName: "m", SentinelAddrs: []string{"s:26379"}, Password: secret, SentinelPassword: secret})
	for _, c := range []struct {
		rdb  Client
		name string
	}{
		{plain, "redis-0:6379"},
		{redis.NewClient(&redis.Options{Network: "unix", Addr: "/run/redis.sock"}), "/run/redis.sock"},
		{struct{ *redis.Client }{plain}, "redis-0:6379"},
		{sentinel, "the master that Sentinel names"},
		{cluster("a:1", "b:2"), "the cluster at a:1, b:2"},
		{cluster("a:1", "b:2", "c:3", "d:4", "e:5"), "the cluster at a:1, b:2, c:3 and 2 more"},
		{cluster(), "the cluster"},
		{struct{ Client }{plain}, "the server"},
	} {
		from := NewTarget(c.rdb)
		for what, err := range map[string]error{
			"silence":   from.Silent(1500 * time.Millisecond),
			"the end":   from.ended(context.Canceled),
			"a timeout": from.classify(context.DeadlineExceeded, time.Second),
			"refusal":   from.classify(errors.New("connection refused"), 0),
			"loading":   from.classify(serverError("LOADING Redis is loading"), 0),
			"unknown":   from.classify(serverError("ERR of a later version"), 0),
		} {
			if text := err.Error(); !errors.Is(err, ErrUnavailable) || !strings.Contains(text, c.name) || strings.Contains(text, secret) {
				t.Errorf("%s: %v, want %q in it", what, err, c.name)
			}
		}
		if closer, ok := c.rdb.(io.Closer); ok {
			_ = closer.Close()
		}
	}
}

// As long as nobody there has spoken Redis, TLS may be the reason.
func TestSilenceAsksForTLS(t *testing.T) {
	for _, c := range []struct {
		config *tls.Config
		asks   string
	}{{nil, "want TLS?"}, {&tls.Config{}, "speak TLS?"}} { //nolint:gosec // never used
		rdb := redis.NewClient(&redis.Options{Addr: "redis-0:6379", TLSConfig: c.config})
		from := NewTarget(rdb)
		for range 2 {
			for _, err := range []error{from.Silent(time.Second), from.classify(io.EOF, 0), from.classify(context.DeadlineExceeded, 0)} {
				if asks := strings.Contains(err.Error(), c.asks); asks == from.answered.Load() {
					t.Errorf("answered %v: %v", !asks, err)
				}
			}
			from.heard()
		}
		_ = rdb.Close()
	}
}

// A plain client of a cluster never gets along; a cluster client that is sent on is in
// the middle of a change.
func TestRedirections(t *testing.T) {
	plain := redis.NewClient(&redis.Options{Addr: "redis-0:6379"})
	defer plain.Close()
	cluster := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{"redis-0:6379"}})
	defer cluster.Close()
	moved, ask := serverError("MOVED 9620 127.0.0.1:7001"), serverError("ASK 9620 127.0.0.1:7001")
	for _, c := range []struct {
		rdb  Client
		err  error
		want error
	}{
		{plain, moved, ErrUnfit},
		{struct{ *redis.Client }{plain}, moved, ErrUnfit},
		{plain, ask, ErrUnavailable},
		{cluster, moved, ErrUnavailable},
		{cluster, ask, ErrUnavailable},
		{struct{ Client }{plain}, moved, ErrUnavailable},
	} {
		err := NewTarget(c.rdb).classify(c.err, 0)
		if !errors.Is(err, c.want) || (c.want == ErrUnfit) != strings.Contains(err.Error(), "use redis.NewClusterClient") {
			t.Errorf("%T, %v: %v, want %v", c.rdb, c.err, err, c.want)
		}
	}
}
