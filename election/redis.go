package election

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/pubsub"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/seam"
)

// Redis is what an election needs of a client. *redis.Client, the failover
// client and *redis.ClusterClient have it, and so has a wrapper of one.
// *redis.Ring has it too and is refused: when a ring changes, keys move to
// another server and nobody is notified.
//
// Pub/sub knows no databases, so the channels of one other than 0 have its number in
// their names. It is read from Options, which a plain client and the failover client
// have. Where a wrapper hides that, or a cluster client of Sentinel selects a database,
// the channels are those of database 0. Elections are right all the same, since
// notifications are never trusted alone: those from and to others who know the number
// are lost, and a leader of the same name in database 0 can put a takeover off by one
// look, once.
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
	// Subscribe brings the notifications.
	Subscribe(ctx context.Context, channels ...string) *redis.PubSub
}

// checkRedis refuses clients that cannot work.
func checkRedis(rdb Redis) error {
	if why := register.Unusable(rdb); why != "" {
		return fmt.Errorf("%w: %s", ErrConfig, why)
	}
	return nil
}

// lastConnection is how long stopping may wait for a connection that a client makes which
// is used as it is: see [pubsub.Patience] and [register.WarmPatience]. A test's client is
// taken for a plain one, so that tests see the budget of production.
func lastConnection(rdb Redis) time.Duration {
	if _, ok := rdb.(seam.Clocked); ok {
		return 0
	}
	if register.Derivable(rdb) {
		return 0
	}
	return max(pubsub.Patience, register.WarmPatience)
}
