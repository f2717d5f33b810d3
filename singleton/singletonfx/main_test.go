package singletonfx_test

import (
	"log/slog"
	"os"
	"os/signal"
	"testing"

	"github.com/redis/go-redis/v9/logging"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	logging.Disable()                              // go-redis tells of every connection that a test breaks
	slog.SetDefault(slog.New(slog.DiscardHandler)) // what is logged where no logger is provided

	// Package signal starts a goroutine with its first use that never ends. It must
	// not belong to the bubble of the first app that waits for signals.
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	signal.Stop(c)

	goleak.VerifyTestMain(m)
}
