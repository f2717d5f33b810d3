package operations

import (
	"net/http"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
)

var (
	rdb *redis.Client
	cfg election.Config
	mux = http.NewServeMux()
	e   *election.Elector
)
