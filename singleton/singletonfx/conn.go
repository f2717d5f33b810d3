package singletonfx

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"
	"go.uber.org/fx"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/redisurl"
)

// newConn makes the application's Conn. Its hook comes after the client's, which
// was constructed before it, and so stops before it.
func newConn(p connParams) (*election.Conn, error) {
	rdb, closeClient, err := p.client()
	if err != nil {
		return nil, err
	}
	conn, err := election.Connect(rdb, p.Logger)
	if err != nil {
		return nil, errors.Join(err, closeClient())
	}
	p.Lifecycle.Append(fx.Hook{OnStop: func(context.Context) error {
		return errors.Join(conn.Close(), closeClient())
	}})
	return conn, nil
}

// client is the one Redis client that the application provides, or one that is
// made from the URL, with the function that closes it.
func (p connParams) client() (election.Redis, func() error, error) {
	keep := func() error { return nil }
	if p.Redis != nil {
		return p.Redis, keep, nil // said expressly: the others are for something else
	}
	var found []election.Redis
	if p.Client != nil {
		found = append(found, p.Client)
	}
	if p.Cluster != nil {
		found = append(found, p.Cluster)
	}
	if p.Universal != nil {
		found = append(found, p.Universal)
	}
	switch {
	case len(found) == 1 && p.Settings.URL == "":
		return found[0], keep, nil
	case len(found) == 0 && p.Settings.URL != "":
		return dial(p.Settings.URL)
	case len(found) == 0:
		return nil, nil, fmt.Errorf("%w: singletonfx: no Redis client: provide a *redis.Client, or supply Settings with a URL", election.ErrConfig)
	}
	return nil, nil, fmt.Errorf("%w: singletonfx: more than one Redis client (%d provided, URL set: %t): provide the one to use as election.Redis",
		election.ErrConfig, len(found), p.Settings.URL != "")
}

func dial(url string) (election.Redis, func() error, error) {
	o, err := redis.ParseURL(url)
	if err != nil { // not wrapped: it may hold the URL, and that a password
		return nil, nil, fmt.Errorf("%w: singletonfx: Settings.URL is no Redis URL; it looks like redis://user:password@host:6379/0", election.ErrConfig)
	}
	if err = redisurl.CheckPool(o.PoolSize, o.MinIdleConns, o.MaxIdleConns, o.MaxActiveConns); err != nil {
		return nil, nil, fmt.Errorf("%w: singletonfx: Settings.URL asks for %w", election.ErrConfig, err)
	}
	c := redis.NewClient(o)
	return c, c.Close, nil
}
