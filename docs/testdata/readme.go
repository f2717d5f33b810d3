package readme

import (
	"context"
	"database/sql"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
)

var (
	ctx context.Context //nolint:containedctx // of whoever calls
	rdb *redis.Client
)

func newRedisClient() *redis.Client { return nil }

func observe(election.Event) {}

func clean(context.Context, election.Term) error { return nil }

func consume(context.Context, election.Term) error { return nil }

// cleaner and Consumer are a user's.
type cleaner struct{}

func newCleaner(*sql.DB) cleaner { return cleaner{} }

func (cleaner) Run(context.Context, election.Term) error { return nil }

// Consumer is started and stopped.
type Consumer struct{}

// Start starts it.
func (*Consumer) Start(context.Context) error { return nil }

// Stop stops it.
func (*Consumer) Stop(context.Context) {}
