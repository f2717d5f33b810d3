package sim

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/redis/go-redis/v9"
)

// One bubble keeps one processor busy; a second one would only reorder what
// happens at the same instant.
func TestMain(m *testing.M) {
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(400)
	redis.SetLogger(silent{}) // it tells of every connection that a fault breaks
	os.Exit(m.Run())
}

type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}
