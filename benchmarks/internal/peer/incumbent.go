package peer

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"example.com/incumbent/election"
)

// Ours is the name of this project among the systems.
const Ours = "incumbent"

// Incumbent is this project: one Conn a process, everything else by default.
func Incumbent() System {
	return System{
		Name: Ours,
		Setup: func(lease time.Duration) string {
			return fmt.Sprintf("election.Connect, Lease %v, the rest by default (a beat every %v), logger discards", lease, (lease * 2 / 15).Round(time.Millisecond))
		},
		Server:   Redis,
		Open:     openIncumbent,
		Prepare:  vacate,
		Renewals: []string{"SET"},
	}
}

type incumbent struct {
	rdb   *redis.Client
	conn  *election.Conn
	lease time.Duration
}

func openIncumbent(t Target) (Node, error) {
	rdb := redis.NewClient(&redis.Options{Addr: t.Redis})
	conn, err := election.Connect(rdb, election.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	return &incumbent{rdb: rdb, conn: conn, lease: t.Lease}, nil
}

func (n *incumbent) Lead(ctx context.Context, name string, elected func()) error {
	return n.lead(ctx, election.Config{Name: name}, func(ctx context.Context, _ election.Term) error {
		elected()
		<-ctx.Done()
		return nil
	})
}

func (n *incumbent) lead(ctx context.Context, cfg election.Config, work election.Work) error {
	cfg.Lease, cfg.Logger = n.lease, slog.New(slog.DiscardHandler)
	e, err := n.conn.Elector(cfg)
	if err != nil {
		return err
	}
	return e.Lead(ctx, work)
}

func (n *incumbent) Close() error {
	if err := n.conn.Close(); err != nil {
		return err
	}
	return n.rdb.Close()
}

// vacate holds each election for a moment: the first start ever of a name waits
// a lease, later ones don't.
func vacate(ctx context.Context, t Target, elections []string) error {
	node, err := openIncumbent(t)
	if err != nil {
		return err
	}
	var group errgroup.Group
	for _, name := range elections {
		group.Go(func() error {
			cfg := election.Config{Name: name, Bootstrap: election.BootstrapImmediate}
			return node.(*incumbent).lead(ctx, cfg, func(context.Context, election.Term) error { return nil })
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return node.Close()
}
