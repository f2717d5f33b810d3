package schedules

import (
	"context"
	"database/sql"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/schedule"
)

var (
	ctx context.Context //nolint:containedctx // of whoever calls
	rdb *redis.Client
	db  *sql.DB
	e   *election.Elector
)

func report(context.Context, schedule.Tick) error { return nil }

func rates(context.Context, schedule.Tick) error { return nil }

type message struct {
	ID   int64
	Body []byte
}

func oldest(context.Context, *sql.Tx, int) ([]message, error) { return nil, nil }

func publish(context.Context, message) error { return nil }
