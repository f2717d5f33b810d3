package register

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Client is what is needed of one: see the public interface Redis of package election.
type Client interface {
	// Pipelined runs the scripts, also a single one.
	Pipelined(ctx context.Context, fn func(redis.Pipeliner) error) ([]redis.Cmder, error)
	// Subscribe brings the notifications.
	Subscribe(ctx context.Context, channels ...string) *redis.PubSub
}

// Connections is the pool of a derived client: a packet never waits for one, so
// that a grant or a release does not queue behind beats, nor do the warmer and a line.
const Connections = BeatLanes + requestLanes + 1 + lineLanes

// Database is the number of the database that a client uses.
func Database(rdb Client) int {
	if k := classifyClient(rdb); k.server != nil {
		return k.server.DB
	}
	return 0
}

// SameRedis reports whether two clients are for the same Redis, as far as they
// say so: they are one client, or their addresses are equal.
func SameRedis(a, b Client) bool {
	if reflect.ValueOf(a).Comparable() && reflect.ValueOf(b).Comparable() && a == b {
		return true
	}
	at := classifyClient(a).addresses()
	return len(at) > 0 && slices.Equal(at, classifyClient(b).addresses())
}

// Derivable reports whether a client of our own can be made of the caller's.
func Derivable(rdb Client) bool { return classifyClient(rdb).derivable() }

// Derive returns a client of our own with the address and credentials of the
// caller's; nil if there can be none. Clients other than a plain one are used as
// they are: a copied failover client would keep its connections to the old master.
// Calling cut ends its connections, those that are being made too.
func Derive(rdb Client) (own *redis.Client, cut func()) { return derive(rdb, Connections, 0) }

// derive returns one with so many connections, and with how long to wait for one; 0: as the
// caller's.
func derive(rdb Client, connections int, patience time.Duration) (own *redis.Client, cut func()) {
	k := classifyClient(rdb)
	if !k.derivable() {
		return nil, func() {}
	}
	ctx, cut := context.WithCancel(context.Background())
	o := *k.server
	o.MaxRetries = -1 // an attempt is an attempt: we retry, and know when
	o.DialerRetries = 1
	o.ContextTimeoutEnabled = true
	o.ReadTimeout, o.WriteTimeout = -1, -1 // every request has a context that ends
	o.PoolSize, o.PipelinePoolSize = connections, -1
	if patience > 0 {
		o.PoolTimeout, o.DialTimeout = patience, min(o.DialTimeout, patience) // a context without Done ends no dial
	}
	o.Dialer = dialer{o.Dialer, ctx}.connect
	o.MinIdleConns, o.MaxIdleConns, o.MaxActiveConns = 0, 0, 0
	o.DisableIdentity = true // a round trip less to connect: an attempt has few
	o.Limiter = nil          // the application's circuit breaker is not about us
	o.PushNotificationProcessor = nil
	o.ClientSideCacheConfig, o.ClientSideCache = nil, nil // scripts use none, and every beat would invalidate
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return redis.NewClient(&o), cut
}

// Patience says, for a client that is used as it is, whether it may outlive its
// contexts: then an attempt's goroutine lives as long as the client's own
// time-outs allow, and closing waits for it.
func Patience(rdb Client) error {
	if !classifyClient(rdb).obeys() {
		return errors.New("the Redis client ignores deadlines of contexts; set ContextTimeoutEnabled, else stopping may take as long as its own time-outs and retries")
	}
	return nil
}

// CountsListeners reports whether PUBLISH counts all listeners, as far as the client says: on
// one server it does, in a cluster those of one node.
func CountsListeners(rdb Client) bool { return classifyClient(rdb).server != nil }

// Unusable says what keeps a client from being used at all; nothing if it can be.
func Unusable(rdb Client) string {
	switch c := rdb.(type) {
	case nil:
		return "the Redis client is nil"
	case *redis.Client:
		if c == nil {
			return "the Redis client is a nil *redis.Client"
		}
	case *redis.ClusterClient:
		if c == nil {
			return "the Redis client is a nil *redis.ClusterClient"
		}
	case *redis.Ring:
		return "a redis.Ring moves keys between servers unseen; use a client of one server, of Sentinel or of a cluster"
	}
	return ""
}
