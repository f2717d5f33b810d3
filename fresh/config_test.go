package fresh

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
)

func TestBadConfig(t *testing.T) {
	rdb := redis.NewClient(&redis.Options{})
	defer rdb.Close()
	ring := redis.NewRing(&redis.RingOptions{})
	defer ring.Close()
	var none *redis.Client
	for name, c := range map[string]struct {
		rdb  election.Redis
		cfg  Config
		says string
	}{
		"no name":        {rdb, Config{}, `value "": give 1 to 128 characters`},
		"braces":         {rdb, Config{Name: "a{b}"}, "give 1 to 128 characters"},
		"long name":      {rdb, Config{Name: strings.Repeat("x", 129)}, "give 1 to 128 characters"},
		"prefix":         {rdb, Config{Name: "v", Prefix: "a b"}, "give 1 to 64 characters"},
		"negative Every": {rdb, Config{Name: "v", Every: -time.Second}, "give a positive pause"},
		"no unit":        {rdb, Config{Name: "v", Every: 30}, "did you mean 30*time.Second?"},
		"no client":      {nil, Config{Name: "v"}, "the Redis client is nil"},
		"a nil client":   {none, Config{Name: "v"}, "a nil *redis.Client"},
		"a ring":         {ring, Config{Name: "v"}, "redis.Ring"},
	} {
		if _, err := New[string](c.rdb, c.cfg, nil); !errors.Is(err, election.ErrConfig) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := New[chan int](rdb, Config{Name: "v"}, nil); !errors.Is(err, election.ErrConfig) || !strings.Contains(err.Error(), "chan int") {
		t.Errorf("a channel: %v", err)
	}
	v, err := New[string](rdb, Config{Name: "v"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Work(t.Context(), 1); !errors.Is(err, election.ErrConfig) || !strings.Contains(err.Error(), "give one to New") {
		t.Errorf("Work without a refresh: %v", err)
	}
	v, _ = New(rdb, Config{Name: "v"}, func(context.Context, election.Term) (string, time.Time, error) { return "", time.Time{}, nil })
	if err := v.Work(t.Context(), 0); !errors.Is(err, election.ErrConfig) || !strings.Contains(err.Error(), "term 0") {
		t.Errorf("Work outside of a term: %v", err)
	}
}
