package main

import (
	"errors"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/demo/demotest"
	"example.com/incumbent/internal/redistest"
)

func TestOlderTermsAreRefused(t *testing.T) {
	t.Run("stand-in", func(t *testing.T) {
		rdb := redis.NewClient(&redis.Options{Addr: demotest.Redis(t).Addr()})
		t.Cleanup(func() { _ = rdb.Close() })
		testFence(t, rdb)
	})
	t.Run("real server", func(t *testing.T) { testFence(t, redistest.Start(t).Client()) })
}

func testFence(t *testing.T, rdb *redis.Client) {
	for _, c := range []struct {
		name            string
		earlier, latter election.Term
		refused         bool
	}{
		{"the same", 7, 7, false},
		{"later", 7, 8, false},
		{"older", 8, 7, true},
		{"longer", 9, 10, false},
		{"shorter", 10, 9, true},
		{"later where floats end", 1<<53 + 1, 1<<53 + 2, false},
		{"older where floats end", 1<<53 + 1, 1 << 53, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			shared := newCache(rdb, t.Name(), time.Minute)
			if err := shared.put(t.Context(), entry{Term: c.earlier, By: "first"}); err != nil {
				t.Fatal(err)
			}
			err := shared.put(t.Context(), entry{Term: c.latter, By: "second"})
			if errors.Is(err, errStale) != c.refused || !c.refused && err != nil {
				t.Errorf("refused: %t, want %t (%v)", errors.Is(err, errStale), c.refused, err)
			}
			want := "second"
			if c.refused {
				want = "first"
			}
			if e, err := shared.get(t.Context()); err != nil || e.By != want {
				t.Errorf("the cache holds the %q, %v; want the %q", e.By, err, want)
			}
		})
	}
}

// The latest term outlives the entry.
func TestOlderTermIsRefusedAfterTheEntryHasExpired(t *testing.T) {
	m := demotest.Redis(t)
	rdb := redis.NewClient(&redis.Options{Addr: m.Addr()})
	t.Cleanup(func() { _ = rdb.Close() })
	shared := newCache(rdb, "x", time.Minute)
	if err := shared.put(t.Context(), entry{Term: 2}); err != nil {
		t.Fatal(err)
	}
	m.FastForward(time.Hour)
	if _, err := shared.get(t.Context()); !errors.Is(err, errMiss) {
		t.Fatalf("get: %v, want a miss", err)
	}
	if err := shared.put(t.Context(), entry{Term: 1}); !errors.Is(err, errStale) {
		t.Errorf("put: %v, want a refusal", err)
	}
}

// A refresher whose write is refused gives leadership up.
func TestRefusedRefresherGivesUp(t *testing.T) {
	t.Parallel()
	m := demotest.Redis(t)
	demotest.Vacate(t, m.Addr(), "cache-refresh")
	p := demotest.Start(t, "-redis", "redis://"+m.Addr(), "-json")
	p.AwaitEvent("refreshed")
	if err := m.Set("cache:{cache-refresh}:term", "9007199254740993"); err != nil {
		t.Fatal(err)
	}
	revoked := p.AwaitEvent("revoked")
	if revoked.Cause != "work" {
		t.Errorf("cause %q, want work: %+v", revoked.Cause, revoked)
	}
}
