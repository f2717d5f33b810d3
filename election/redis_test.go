package election

// Shows a promise of the configuration: clients that cannot work are refused, and others are
// used as they are.

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/seam"
)

func TestClientsThatCannotWorkAreRefused(t *testing.T) {
	ring := redis.NewRing(&redis.RingOptions{Addrs: map[string]string{"a": "127.0.0.1:1"}})
	defer ring.Close()
	for want, rdb := range map[string]Redis{
		"the Redis client is nil":                        nil,
		"the Redis client is a nil *redis.Client":        (*redis.Client)(nil),
		"the Redis client is a nil *redis.ClusterClient": (*redis.ClusterClient)(nil),
		"a redis.Ring moves keys between servers unseen; use a client of one server, of Sentinel or of a cluster": ring,
	} {
		for name, err := range map[string]error{
			"New":     second(New(rdb, Config{Name: "x"})),
			"Connect": second(Connect(rdb, Config{})),
		} {
			if !errors.Is(err, ErrConfig) || !strings.HasSuffix(err.Error(), ": "+want) {
				t.Errorf("%s: %v, want %s", name, err, want)
			}
		}
	}
}

func second[T any](_ T, err error) error { return err }

// Clients other than a plain one are used as they are, and never closed.
func TestOtherClientsAreUsedAsTheyAre(t *testing.T) {
	failover := redis.NewFailoverClient(&redis.FailoverOptions{MasterName: "m", SentinelAddrs: []string{"127.0.0.1:1"}})
	defer failover.Close()
	cluster := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{"127.0.0.1:1"}})
	defer cluster.Close()
	wrapper := struct{ *redis.Client }{aClient(t)}
	for name, given := range map[string]Redis{"failover": failover, "cluster": cluster, "wrapper": wrapper} {
		if own, _ := register.Derive(given); own != nil {
			t.Errorf("%s: another client is used", name)
		}
		s := startSession(given, seam.NewSystem(), slog.New(slog.DiscardHandler), newReporter(), new(names).find)
		s.stop()
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := wrapper.Ping(ctx).Err(); errors.Is(err, redis.ErrClosed) {
		t.Error("the caller's client was closed")
	}
}

// Clients that ignore deadlines are warned of, since stopping waits for them.
func TestImpatientClients(t *testing.T) {
	failover := func(enabled bool) *redis.Client {
		return redis.NewFailoverClient(&redis.FailoverOptions{MasterName: "m", SentinelAddrs: []string{"127.0.0.1:1"}, ContextTimeoutEnabled: enabled})
	}
	cluster := func(enabled bool) *redis.ClusterClient {
		return redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{"127.0.0.1:1"}, ContextTimeoutEnabled: enabled})
	}
	for name, c := range map[string]struct {
		rdb    Redis
		warned bool
	}{
		"plain":            {aClient(t), false}, // we derive one that honours them
		"failover":         {failover(false), true},
		"failover, honest": {failover(true), false},
		"cluster":          {cluster(false), true},
		"cluster, honest":  {cluster(true), false},
		"wrapper":          {struct{ *redis.Client }{aClient(t)}, false},
	} {
		var log strings.Builder
		if _, err := Connect(c.rdb, Config{Logger: slog.New(slog.NewTextHandler(&log, nil))}); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(log.String(), "ContextTimeoutEnabled"); got != c.warned {
			t.Errorf("%s: warned %v: %s", name, got, &log)
		}
		if closer, ok := c.rdb.(interface{ Close() error }); ok {
			_ = closer.Close()
		}
	}
}
