// Package realserver_test holds elections on real redis-server processes: what they need of a
// server, and what they do when it is in trouble. The tests see package election as its users
// do. They wait for servers and for leases nearly all of their time, so they are a package of
// their own, which runs many of them at a time.
package realserver_test

import (
	"context"
	"os"
	"testing"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"example.com/incumbent/internal/redistest"
)

func TestMain(m *testing.M) {
	if how := os.Getenv(childMode); how != "" {
		child(how)
		return
	}
	redis.SetLogger(silent{}) // it tells of every connection that a test breaks
	redistest.Together(8)
	// A client that an application made, and that could not reach a node, tries again from a
	// goroutine of its own, which ends within a second of its Close. It is not ours.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"))
}

type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}
