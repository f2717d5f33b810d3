package schedule

import (
	"log/slog"
	"os"
	"testing"

	"github.com/redis/go-redis/v9/logging"
	"go.uber.org/goleak"

	"example.com/incumbent/internal/redistest"
)

func TestMain(m *testing.M) {
	if mode := os.Getenv(childMode); mode != "" {
		child(mode)
		return
	}
	logging.Disable() // go-redis logs each connection that a test breaks
	slog.SetDefault(slog.New(slog.DiscardHandler))
	redistest.Together(8)
	goleak.VerifyTestMain(m)
}
