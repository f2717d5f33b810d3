package main

import (
	"context"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/demo/demotest"
	"example.com/incumbent/internal/redistest"
)

// Three processes, as in three terminals. The one that refreshes is killed: the
// entry stays, and after the takeover one fetch renews it.
func TestKillingTheRefresher(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	source := newSlowSource(t)
	const lease = 3 * time.Second
	var all []*demotest.Process
	for range 3 {
		all = append(all, demotest.Start(t, "-redis", s.URL(), "-lease", lease.String(), "-source", source.URL, "-json"))
	}
	first, _ := demotest.AwaitLeader(t, all...)
	first.AwaitEvent("refreshed")
	stopWatching := watchEntry(t, s.Client())
	killed := time.Now()
	first.Kill()

	fetches := source.fetches.Load()
	all = slices.DeleteFunc(all, func(p *demotest.Process) bool { return p == first })
	second, successor := demotest.AwaitLeader(t, all...)
	demotest.CheckTakeover(t, killed, successor, heartbeat.ForLease(lease))
	second.AwaitEvent("refreshed")
	if more := source.fetches.Load() - fetches; more > 2 { // and the second one's next, on a busy machine
		t.Errorf("%d fetches to renew the entry, want 1", more)
	}
	stopWatching()
	for _, p := range all {
		p.Await("a hit", func(e demotest.Event) bool { return e.Event == "served" && e.By == successor.Candidate })
		p.Signal(syscall.SIGTERM)
		if code := p.Exit(); code != 0 {
			t.Errorf("exit code %d, want 0", code)
		}
		demotest.CheckStory(t, p.Events())
		checkNoMisses(t, p.Events())
	}
}

// watchEntry looks for the entry, over and over, until the returned function is
// called, and fails the test if it is ever missing.
func watchEntry(t *testing.T, rdb *redis.Client) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var watching sync.WaitGroup
	watching.Go(func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if n, err := rdb.Exists(ctx, "cache:{cache-refresh}:entry").Result(); err == nil && n != 1 {
				t.Error("the entry was missing")
				return
			}
		}
	})
	return sync.OnceFunc(func() { cancel(); watching.Wait() })
}
