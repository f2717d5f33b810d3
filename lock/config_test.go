package lock

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

func TestBadConfigs(t *testing.T) {
	t.Parallel()
	rdb := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1"})
	defer rdb.Close()
	for name, c := range map[string]struct {
		change func(*Config)
		says   string
	}{
		"name":        {func(c *Config) { c.Name = "a b" }, "1 to 128 characters"},
		"prefix":      {func(c *Config) { c.Prefix = "{x}:" }, "1 to 64 characters"},
		"ID":          {func(c *Config) { c.ID = strings.Repeat("i", 97) }, "at most 96"},
		"long lease":  {func(c *Config) { c.Lease = time.Hour + time.Second }, "at most 1h0m0s"},
		"short lease": {func(c *Config) { c.Lease = time.Second }, "outside 2s"},
		"lease in ns": {func(c *Config) { c.Lease = 5 }, "did you mean"},
		"grace":       {func(c *Config) { c.Grace = 4 * time.Second }, "lower the grace"},
		"bootstrap":   {func(c *Config) { c.Bootstrap = 7 }, "unknown bootstrap"},
	} {
		cfg := Config{Logger: slog.New(slog.DiscardHandler)}
		c.change(&cfg)
		if _, err := Open(rdb, cfg); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var none *redis.Client
	for _, bad := range []func() error{
		func() error { _, err := Open(nil, Config{}); return err },
		func() error { _, err := Open(none, Config{}); return err },
		func() error { _, err := Open(redis.NewRing(&redis.RingOptions{}), Config{}); return err },
	} {
		if err := bad(); !errors.Is(err, ErrConfig) {
			t.Error(err)
		}
	}
	s, err := Open(rdb, Config{Lease: 2*time.Second + 1, Logger: slog.New(slog.DiscardHandler)})
	if err != nil || s.cfg.Lease != 2001*time.Millisecond || s.cfg.Name != "locks" || s.cfg.ID == "" || s.place.Key != "incumbent:{locks}:space" {
		t.Errorf("%v, %+v", err, s.cfg)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestBadInputOfCalls(t *testing.T) {
	bubble(t, true, func(w *world) {
		a := w.process("a")
		for _, name := range []string{"", "a b", strings.Repeat("x", 129), "#k", "ä"} {
			_, _, err1 := a.Hold(w.Context(), name, 0)
			_, err2 := a.Holders(w.Context(), name)
			for _, err := range []error{a.Do(w.Context(), name, nothing), a.Seats(name, 2).Do(w.Context(), nothing), err1, err2} {
				if !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), "1 to 128 characters") {
					w.Errorf("%q: %v", name, err)
				}
			}
		}
		for _, n := range []int{-1, 0, 257} {
			if err := a.Seats("x", n).Try(w.Context(), 0, nothing); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), "1 to 256") {
				w.Errorf("%d seats: %v", n, err)
			}
		}
		if err := a.Do(w.Context(), "x", nil); !errors.Is(err, ErrConfig) {
			w.Error(err)
		}
		if err := a.Try(w.Context(), strings.Repeat("x", 128), -time.Second, nothing); err != nil {
			w.Error(err)
		}
		if _, ok := SeatFrom(w.Context()); ok {
			w.Error("a seat outside of Seats")
		}
	})
}

// Each call competes for the seats below its own n: there are never more than the highest in use.
func TestSeatsWithDifferentNumbers(t *testing.T) {
	bubble(t, true, func(w *world) {
		a, b := w.process("a"), w.process("b")
		var mu sync.Mutex
		inside, most := 0, 0
		add := func(n int) {
			mu.Lock()
			defer mu.Unlock()
			inside += n
			most = max(most, inside)
		}
		work := func(ctx context.Context, _ Term) error {
			add(1)
			defer add(-1)
			return w.works("", time.Second)(ctx, 0)
		}
		results := make(chan error, 12)
		for i := range 12 { // n changes while they run
			p := []*process{a, b}[i%2]
			go func() { results <- p.Seats("x", 2+i%3).Do(w.Context(), work) }()
			time.Sleep(100 * time.Millisecond)
		}
		for range 12 {
			if err := <-results; err != nil {
				w.Error(err)
			}
		}
		if most > 4 || most < 2 {
			w.Errorf("%d at once", most)
		}
		err := a.Seats("x", 3).Do(w.Context(), func(ctx context.Context, _ Term) error {
			seat, ok := SeatFrom(ctx)
			if seat != 0 || !ok {
				w.Error(seat, ok)
			}
			return a.Do(ctx, "y", func(ctx context.Context, _ Term) error {
				if _, ok := SeatFrom(ctx); !ok {
					w.Error("no seat")
				}
				return b.Try(w.Context(), "x", 0, nothing) // of one seat: that is taken
			})
		})
		if !errors.Is(err, ErrHeld) {
			w.Error(err)
		}
	})
}
