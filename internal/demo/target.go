package demo

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/link"
	"example.com/incumbent/internal/redisurl"
)

// errCut is what a candidate meets that was cut off from Redis.
var errCut = errors.New("cut off from Redis by the demonstration")

// through returns the stand-in behind a candidate's own network, which can be cut and healed.
// Nothing else than the candidate itself learns of it, as with a real one.
func through(l *link.Link, address string) *redisurl.Target {
	return redisurl.Server(redis.Options{Addr: address, Dialer: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := l.Dial(ctx, network, address)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errCut, err)
		}
		return conn, nil
	}})
}
