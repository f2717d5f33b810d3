package register

import (
	"context"
	"errors"
	"reflect"
	"slices"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Client is what is needed of one: see the public interface Redis of package election.
type Client interface {
	// Pipelined runs the scripts, also a single one.
	Pipelined(ctx context.Context, fn func(redis.Pipeliner) error) ([]redis.Cmder, error)
	// Subscribe brings the hints.
	Subscribe(ctx context.Context, channels ...string) *redis.PubSub
}

// Connections is the pool of a derived client: a packet never waits for one, so
// that a grant or a release does not queue behind beats, nor does the warmer.
const Connections = BeatLanes + requestLanes + 1

// Database is the number of the database that a client uses.
func Database(rdb Client) int {
	if c, ok := rdb.(interface{ Options() *redis.Options }); ok { // wrappers of a client have it, too
		return c.Options().DB
	}
	return 0
}

// SameRedis reports whether two clients are for the same Redis, as far as they
// say so: they are one client, or their addresses are equal.
func SameRedis(a, b Client) bool {
	if reflect.ValueOf(a).Comparable() && reflect.ValueOf(b).Comparable() && a == b {
		return true
	}
	at := addresses(a)
	return len(at) > 0 && slices.Equal(at, addresses(b))
}

// addresses are those that a client was configured with, sorted; none if it does
// not say.
func addresses(rdb Client) []string {
	switch c := rdb.(type) {
	case interface{ Options() *redis.Options }:
		if o := c.Options(); o.Addr != sentinelAddr { // whose master is not named in the options
			return []string{o.Addr}
		}
	case interface{ Options() *redis.ClusterOptions }:
		return slices.Sorted(slices.Values(c.Options().Addrs))
	}
	return nil
}

// Derivable reports whether a client of our own can be made of the caller's.
func Derivable(rdb Client) bool {
	c, ok := rdb.(*redis.Client)
	return ok && c.Options().Addr != sentinelAddr
}

// Derive returns a client of our own with the address and credentials of the
// caller's; nil if there can be none. Clients other than a plain one are used as
// they are: a copied failover client would keep its connections to the old master.
// Calling cut ends its connections, those that are being made too.
func Derive(rdb Client) (own *redis.Client, cut func()) {
	c, _ := rdb.(*redis.Client)
	if !Derivable(rdb) {
		return nil, func() {}
	}
	ctx, cut := context.WithCancel(context.Background())
	o := *c.Options()
	o.MaxRetries = -1 // an attempt is an attempt: we retry, and know when
	o.DialerRetries = 1
	o.ContextTimeoutEnabled = true
	o.ReadTimeout, o.WriteTimeout = -1, -1 // every request has a context that ends
	o.PoolSize, o.PipelinePoolSize = Connections, -1
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
	var honours bool
	switch c := rdb.(type) {
	case *redis.Client:
		honours = c.Options().ContextTimeoutEnabled || c.Options().Addr != sentinelAddr
	case *redis.ClusterClient:
		honours = c.Options().ContextTimeoutEnabled
	default:
		return nil // a wrapper: it can't be known
	}
	if !honours {
		return errors.New("the Redis client ignores deadlines of contexts; set ContextTimeoutEnabled, else stopping may take as long as its own time-outs and retries")
	}
	return nil
}
