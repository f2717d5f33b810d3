package httpfence

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/fence"
	"example.com/incumbent/internal/terms"
)

// Each store raises, and refuses a lower term with the highest.
func TestStoresRaise(t *testing.T) {
	server := miniredis.RunT(t)
	rdb := redis.NewClient(&redis.Options{Addr: server.Addr()})
	t.Cleanup(func() { _ = rdb.Close() })
	for name, s := range map[string]Store{"memory": newMemory(), "Redis": InRedis(rdb, "fences:")} {
		for i, step := range []struct {
			name, resource string
			term, highest  election.Term
		}{
			{"nightly", "a", 5, 5},
			{"nightly", "a", 5, 5},
			{"nightly", "a", 4, 5},
			{"nightly", "b", 3, 3},
			{"hourly", "a", 2, 2},
			{"nightly", "a", terms.Max, terms.Max},
			{"nightly", "a", 10, terms.Max},
			{"space:nightly", "a", 1, 1},
		} {
			highest, err := s.Raise(t.Context(), step.name, step.resource, step.term)
			var refused *fence.Error
			if errors.As(err, &refused) != (step.term < step.highest) || highest != step.highest || refused != nil && refused.Highest != highest {
				t.Errorf("%s, step %d: %d, %v", name, i, highest, err)
			}
		}
		var all sync.WaitGroup
		for term := range election.Term(20) {
			all.Go(func() {
				highest, err := s.Raise(t.Context(), "nightly", "together", term+1)
				if highest <= term || err != nil && !errors.Is(err, fence.ErrFenced) {
					t.Errorf("%s: %d, %v", name, highest, err)
				}
			})
		}
		all.Wait()
		if highest, _ := s.Raise(t.Context(), "nightly", "together", 1); highest != 20 {
			t.Errorf("%s: the highest is %d", name, highest)
		}
	}
	if got := server.Keys(); fmt.Sprint(got) != "[fences:hourly|a fences:nightly|a fences:nightly|b fences:nightly|together fences:space:nightly|a]" {
		t.Errorf("keys are %q", got)
	}
}

// The memory does not grow without bound.
func TestTheMemoryIsBounded(t *testing.T) {
	s := newMemory()
	for i := range maxResources {
		if _, err := s.Raise(t.Context(), "nightly", strconv.Itoa(i), 5); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Raise(t.Context(), "nightly", "one more", 5); !errors.Is(err, election.ErrConfig) {
		t.Errorf("it took one more: %v", err)
	}
	if _, err := s.Raise(t.Context(), "nightly", "7", 6); err != nil {
		t.Errorf("a known one: %v", err)
	}
	if _, err := s.Raise(t.Context(), "nightly", "7", 5); !errors.Is(err, fence.ErrFenced) {
		t.Errorf("a known one: %v", err)
	}
}

// What the store in Redis cannot do is an error, and changes nothing.
func TestWhatTheStoreInRedisRefuses(t *testing.T) {
	server := miniredis.RunT(t)
	rdb := redis.NewClient(&redis.Options{Addr: server.Addr(), MaxRetries: -1})
	t.Cleanup(func() { _ = rdb.Close() })
	if err := server.Set("fences:nightly|a", "something else"); err != nil {
		t.Fatal(err)
	}
	raise := func(s Store, resource string, term election.Term) error {
		_, err := s.Raise(t.Context(), "nightly", resource, term)
		return err
	}
	s := InRedis(rdb, "fences:")
	if err := raise(s, "a", 5); !errors.Is(err, election.ErrForeignRecord) {
		t.Error(err)
	}
	if err := raise(s, "b", 0); !errors.Is(err, fence.ErrNoTerm) {
		t.Error(err)
	}
	if err := raise(s, "b", terms.Max+1); !errors.Is(err, election.ErrConfig) {
		t.Error(err)
	}
	if err := raise(InRedis(nil, ""), "b", 5); !errors.Is(err, election.ErrConfig) {
		t.Error(err)
	}
	server.SetError("LOADING a moment")
	if err := raise(s, "b", 5); err == nil || errors.Is(err, fence.ErrFenced) {
		t.Error(err)
	}
	server.SetError("")
	if got := server.Keys(); len(got) != 1 {
		t.Errorf("keys are %q", got)
	}
}
