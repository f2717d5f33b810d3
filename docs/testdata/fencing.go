package fencing

import (
	"context"
	"database/sql"
	"net/http"

	"github.com/redis/go-redis/v9"
)

var (
	db         *sql.DB
	rdb, shops *redis.Client
)

func load(context.Context) (string, error) { return "", nil }

func store(context.Context, *sql.Tx, *http.Request) error { return nil }
