package election

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"example.com/incumbent/internal/seam"
)

// Redis is what an election needs of a client. *redis.Client, the failover
// client and *redis.ClusterClient have it, and so has a wrapper of one.
// *redis.Ring has it too and is refused: when a ring changes, keys move to
// another server without telling anybody.
//
// Pub/sub knows no databases, so the channels of one other than 0 have its number in
// their names. It is read from Options, which a plain client and the failover client
// have. Where a wrapper hides that, or a cluster client of Sentinel selects a database,
// the channels are those of database 0. Elections are right all the same, since hints
// prove nothing: hints from and to others who know the number are lost, and a leader of
// the same name in database 0 can put a takeover off by one look, once.
//
// Of a plain *redis.Client only the options are used: an election derives a
// small client of its own, so that beats don't wait behind the application's
// commands and a dead connection costs one attempt, not many. Its hooks are not
// among the options: what a DialHook does belongs into Options.Dialer, and who wants
// the election's commands traced gives a wrapper of the client. Every other client, also
// a wrapper, is used as it is; set ContextTimeoutEnabled on it. Clients are never closed
// by this package, except its own.
type Redis interface {
	// Pipelined runs the scripts, also a single one.
	Pipelined(ctx context.Context, fn func(redis.Pipeliner) error) ([]redis.Cmder, error)
	// Subscribe brings the hints.
	Subscribe(ctx context.Context, channels ...string) *redis.PubSub
}

// connections is the pool of a derived client: a packet never waits for one, so
// that a grant or a release does not queue behind beats, nor does the warmer.
const connections = beatsFlying + packetsFlying + 1

// checkRedis refuses clients that cannot work.
func checkRedis(rdb Redis) error {
	switch c := rdb.(type) {
	case nil:
		return fmt.Errorf("%w: the Redis client is nil", ErrConfig)
	case *redis.Client:
		if c == nil {
			return fmt.Errorf("%w: the Redis client is a nil *redis.Client", ErrConfig)
		}
	case *redis.ClusterClient:
		if c == nil {
			return fmt.Errorf("%w: the Redis client is a nil *redis.ClusterClient", ErrConfig)
		}
	case *redis.Ring:
		return fmt.Errorf("%w: a redis.Ring moves keys between servers unseen; use a client of one server, of Sentinel or of a cluster", ErrConfig)
	}
	return nil
}

// database is the number of the database that a client uses.
func database(rdb Redis) int {
	if c, ok := rdb.(interface{ Options() *redis.Options }); ok { // wrappers of a client have it, too
		return c.Options().DB
	}
	return 0
}

// sameRedis reports whether two clients are for the same Redis, as far as they
// say so: they are one client, or their addresses are equal.
func sameRedis(a, b Redis) bool {
	if reflect.ValueOf(a).Comparable() && reflect.ValueOf(b).Comparable() && a == b {
		return true
	}
	at := addresses(a)
	return len(at) > 0 && slices.Equal(at, addresses(b))
}

// addresses are those that a client was configured with, sorted; none if it does
// not say.
func addresses(rdb Redis) []string {
	switch c := rdb.(type) {
	case interface{ Options() *redis.Options }:
		if o := c.Options(); o.Addr != "FailoverClient" { // whose master is not named in the options
			return []string{o.Addr}
		}
	case interface{ Options() *redis.ClusterOptions }:
		return slices.Sorted(slices.Values(c.Options().Addrs))
	}
	return nil
}

// dedicated returns a client of our own with the address and credentials of the
// caller's; nil if there can be none. Clients other than a plain one are used as
// they are: a copied failover client would keep its connections to the old master.
// Calling cut ends its connections, those that are being made too.
func dedicated(rdb Redis) (own *redis.Client, cut func()) {
	c, ok := rdb.(*redis.Client)
	if !ok || c.Options().Addr == sentinelAddr {
		return nil, func() {}
	}
	ctx, cut := context.WithCancel(context.Background())
	o := *c.Options()
	o.MaxRetries = -1 // an attempt is an attempt: we retry, and know when
	o.DialerRetries = 1
	o.ContextTimeoutEnabled = true
	o.ReadTimeout, o.WriteTimeout = -1, -1 // every request has a context that ends
	o.PoolSize, o.PipelinePoolSize = connections, -1
	o.Dialer = dialer{o.Dialer, ctx}.connect
	o.MinIdleConns, o.MaxIdleConns, o.MaxActiveConns = 0, 0, 0
	o.DisableIdentity = true // a round trip less to connect: an attempt has few
	o.Limiter = nil          // the application's circuit breaker is not about us
	o.PushNotificationProcessor = nil
	o.ClientSideCacheConfig, o.ClientSideCache = nil, nil // scripts use none, and every beat would invalidate
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return redis.NewClient(&o), cut
}

// lastConnection is how long stopping may wait for a connection that a client makes which
// is used as it is: see [hintPatience] and [warmPatience]. A test's client is taken for a
// plain one, so that tests see the budget of production.
func lastConnection(rdb Redis) time.Duration {
	if _, ok := rdb.(seam.Clocked); ok {
		return 0
	}
	if c, ok := rdb.(*redis.Client); ok && c.Options().Addr != sentinelAddr {
		return 0
	}
	return max(hintPatience, warmPatience)
}

// patience says, for a client that is used as it is, whether it may outlive its
// contexts: then an attempt's goroutine lives as long as the client's own
// time-outs allow, and closing waits for it.
func patience(rdb Redis) error {
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
