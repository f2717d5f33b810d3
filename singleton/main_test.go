package singleton_test

import (
	"log/slog"
	"testing"

	"github.com/redis/go-redis/v9/logging"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	logging.Disable()                              // go-redis tells of every connection that a test breaks
	slog.SetDefault(slog.New(slog.DiscardHandler)) // what Run logs to
	goleak.VerifyTestMain(m)
}
