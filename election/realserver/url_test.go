package realserver_test

// Shows a promise of ConnectURL on real servers.

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/redistest"
)

// Every kind of address elects on the real thing.
func TestConnectURLElectsOnRealServers(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "redis.sock")
	s := redistest.Start(t, "--requirepass", "pa,ss", "--unixsocket", socket)
	cluster := redistest.StartCluster(t, 5*time.Second)
	open := redistest.Start(t)
	sentinel := startSentinel(t, open.Addr())
	for name, url := range map[string]string{
		"server":        "redis://:pa,ss@" + s.Addr() + "/2",
		"socket":        "unix://:pa,ss@" + socket + "?db=3",
		"cluster":       "redis://" + strings.Join(cluster.Addrs(), ","),
		"cluster, URLs": "redis://" + strings.Join(cluster.Addrs(), ",redis://"),
		"sentinel":      "redis://" + sentinel + "/4?master_name=main",
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := election.ConnectURL(url, election.Config{Bootstrap: election.BootstrapImmediate, Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			e, err := conn.Elector(election.Config{Name: "x", Prefix: strings.ReplaceAll(name, ", ", "-") + ":"})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			if err := e.Lead(ctx, func(context.Context, election.Term) error { return nil }); err != nil {
				t.Errorf("Lead: %v", err)
			}
			if err := conn.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
	}
	locked := func(o *redis.Options) { o.Password = "pa,ss" }
	for key, rdb := range map[string]*redis.Client{
		"server:{x}":   s.Client(locked, func(o *redis.Options) { o.DB = 2 }),
		"socket:{x}":   s.Client(locked, func(o *redis.Options) { o.DB = 3 }),
		"sentinel:{x}": open.Client(func(o *redis.Options) { o.DB = 4 }),
	} {
		if record := rdb.Get(t.Context(), key).Val(); !strings.HasPrefix(record, "1 V ") {
			t.Errorf("%s holds %q, want a vacancy", key, record)
		}
	}
}
