package singletonfx

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"time"

	"go.uber.org/fx"

	"example.com/incumbent/election"
)

// newConn makes the application's Conn. Its hook comes after the client's, which
// was constructed before it, and so stops before it.
func newConn(p connParams) (*election.Conn, error) {
	conn, err := p.connect()
	if err != nil {
		return nil, err
	}
	log := p.Logger
	if log == nil {
		log = slog.Default()
	}
	p.Lifecycle.Append(fx.StopHook(func(ctx context.Context) error { return closeConn(ctx, conn, log) }))
	return conn, nil
}

// closePause is the time between two tries to close. Nothing shows when the last call
// of a Conn has returned, and a stop can wait for that long.
const closePause = 10 * time.Millisecond

// closeConn closes the Conn for new calls, and waits for those under way as long as
// ctx lasts. They may be anybody's: a health check that asks who leads, say.
func closeConn(ctx context.Context, conn *election.Conn, log *slog.Logger) error {
	for logged := false; ; logged = true {
		err := conn.Close()
		if !errors.Is(err, election.ErrRunning) {
			return err
		}
		if !logged {
			log.Info("singletonfx: the stop waits for calls of the application's own that are still under way", "error", err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("singletonfx: stop abandoned: %w: %w", err, ctx.Err())
		case <-time.After(closePause):
		}
	}
}

// connect returns a Conn over the one Redis client that the application provides, or
// over what Settings name.
func (p connParams) connect() (*election.Conn, error) {
	defaults := p.Settings.Defaults
	if defaults.Logger == nil {
		defaults.Logger = p.Logger
	}
	found := p.clients()
	provided := len(found)
	if p.Redis != nil {
		provided++
	}
	switch {
	case p.Settings.Redis != nil && p.Settings.URL != "":
		return nil, fmt.Errorf("%w: singletonfx: Settings have both a Redis and a URL: leave one of them out", election.ErrConfig)
	case p.Settings.Redis != nil:
		return election.Connect(p.Settings.Redis, defaults) // said expressly: the others are for something else
	case p.Redis != nil && p.Settings.URL == "":
		return election.Connect(p.Redis, defaults) // this one, too
	case p.Settings.URL != "" && provided == 0:
		conn, err := election.ConnectURL(p.Settings.URL, defaults)
		if err != nil {
			return nil, fmt.Errorf("singletonfx: Settings.URL: %w", err)
		}
		return conn, nil
	case len(found) == 1 && p.Settings.URL == "":
		return election.Connect(found[0], defaults)
	case provided == 0:
		return nil, fmt.Errorf("%w: singletonfx: no Redis client: provide a *redis.Client, or supply Settings with a Redis or a URL", election.ErrConfig)
	}
	return nil, fmt.Errorf("%w: singletonfx: more than one Redis client (%d provided, URL set: %t): supply the one to use as Settings{Redis: ...}",
		election.ErrConfig, provided, p.Settings.URL != "")
}

// clients are the clients that the application provides. One that it provides under
// two types is one.
func (p connParams) clients() (found []election.Redis) {
	add := func(c election.Redis) {
		if !slices.ContainsFunc(found, func(other election.Redis) bool { return same(c, other) }) {
			found = append(found, c)
		}
	}
	if p.Client != nil {
		add(p.Client)
	}
	if p.Cluster != nil {
		add(p.Cluster)
	}
	if p.Universal != nil {
		add(p.Universal)
	}
	return found
}

func same(a, b election.Redis) bool {
	v := reflect.ValueOf(a)
	return v.Comparable() && v.Equal(reflect.ValueOf(b))
}
