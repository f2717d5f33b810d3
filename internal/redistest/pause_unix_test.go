//go:build unix

package redistest_test

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/redistest"
)

func TestStoppedServerGoesOnAfterCont(t *testing.T) {
	server := redistest.Start(t)
	client := server.Client(func(o *redis.Options) {
		o.MaxRetries = -1
		o.ReadTimeout = 100 * time.Millisecond
	})
	if err := client.Ping(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	server.Stop()
	if err := client.Ping(t.Context()).Err(); err == nil {
		t.Error("a stopped server answered")
	}
	server.Cont()
	patient := server.Client()
	if err := patient.Ping(t.Context()).Err(); err != nil {
		t.Errorf("PING after Cont: %v", err)
	}
}

func TestStoppedServerCanBeKilled(t *testing.T) {
	server := redistest.Start(t)
	server.Stop()
	server.Restart()
	if err := server.Client().Ping(t.Context()).Err(); err != nil {
		t.Errorf("PING after the restart: %v", err)
	}
}
