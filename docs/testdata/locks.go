package locks

import (
	"context"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/lock"
)

var (
	ctx   context.Context //nolint:containedctx // of whoever calls
	rdb   *redis.Client
	locks *lock.Space
	key   string
	body  []byte

	tenants []string
)

// Receipt is what a payment returns.
type Receipt struct{ ID string }

func ship(context.Context, int) error { return nil }

func geocode(context.Context, int) error { return nil }

func digest([]byte) string { return "" }

func pay(context.Context, []byte) (Receipt, error) { return Receipt{}, nil }

func build(context.Context) error { return nil }

func sync(context.Context, string, lock.Term) error { return nil }
