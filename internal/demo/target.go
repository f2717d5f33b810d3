package demo

import (
	"context"
	"net"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/redisurl"
)

// through returns one server behind a cable.
func through(c *cable, address string) *redisurl.Target {
	dialer := &net.Dialer{}
	return redisurl.Server(redis.Options{Addr: address, Dialer: func(ctx context.Context, network, address string) (net.Conn, error) {
		return c.dial(ctx, dialer, network, address)
	}})
}
