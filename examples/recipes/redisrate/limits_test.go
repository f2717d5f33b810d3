package redisrate_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-redis/redis_rate/v10"

	"example.com/incumbent/election/electiontest"
	"example.com/incumbent/lock"

	"example.com/incumbent/examples/recipes/redisrate"
)

// calls notes when calls began, and the most at once.
type calls struct {
	mu        sync.Mutex
	begun     []time.Time
	now, most int
}

func (c *calls) call(context.Context, lock.Term) error {
	c.count(1)
	defer c.count(-1)
	time.Sleep(400 * time.Millisecond)
	return nil
}

func (c *calls) count(by int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if by > 0 {
		c.begun = append(c.begun, time.Now())
	}
	c.now += by
	c.most = max(c.most, c.now)
}

// within is the most calls that began in any window of that length.
func (c *calls) within(d time.Duration) int {
	most := 0
	for i, from := range c.begun {
		n := slices.IndexFunc(c.begun[i:], func(at time.Time) bool { return at.Sub(from) >= d })
		if n < 0 {
			n = len(c.begun) - i
		}
		most = max(most, n)
	}
	return most
}

// limits are those of one process of three.
func limits(t *testing.T, r *electiontest.Redis, seats int, rate redis_rate.Limit) redisrate.Limits {
	t.Helper()
	client := r.Client()
	locks, err := lock.Open(client, lock.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := locks.Close(); err != nil {
			t.Error(err)
		}
	})
	return redisrate.Limits{Seats: locks.Seats("supplier", seats), Limiter: redis_rate.NewLimiter(client), Key: "supplier", Rate: rate}
}

// Three processes make thirty calls of 400 ms: whichever of seats and rate is less bounds
// them, and the other one holds, too.
func TestSeatsAndRateBothHold(t *testing.T) {
	for _, limit := range []struct {
		seats, perSecond int
		took             time.Duration // 30 calls
	}{
		{seats: 3, perSecond: 20, took: 4 * time.Second},                                // by the seats: ten rounds
		{seats: 10, perSecond: 5, took: 29*200*time.Millisecond + 400*time.Millisecond}, // by the rate
	} {
		synctest.Test(t, func(t *testing.T) {
			r := electiontest.NewRedis(t)
			_ = r.Client().Space("") // open
			rate := redis_rate.Limit{Rate: limit.perSecond, Burst: 1, Period: time.Second}
			var c calls
			var all sync.WaitGroup
			start := time.Now()
			for range 3 {
				l := limits(t, r, limit.seats, rate)
				for range 10 {
					all.Go(func() {
						if err := l.Do(t.Context(), c.call); err != nil {
							t.Error(err)
						}
					})
				}
			}
			all.Wait()
			if len(c.begun) != 30 || c.most > limit.seats || c.within(time.Second) > limit.perSecond+1 {
				t.Errorf("%d calls, %d at once, %d in a second; limits %+v", len(c.begun), c.most, c.within(time.Second), limit)
			}
			if took := time.Since(start); took < limit.took-time.Second/2 || took > limit.took+time.Second {
				t.Errorf("%v, want about %v", took, limit.took)
			}
		})
	}
}

// A call that waits for the rate ends with its context, and leaves its seat.
func TestAWaitForTheRateEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := electiontest.NewRedis(t)
		_ = r.Client().Space("")
		l := limits(t, r, 1, redis_rate.Limit{Rate: 1, Burst: 1, Period: time.Hour})
		nothing := func(context.Context, lock.Term) error { return nil }
		if err := l.Do(t.Context(), nothing); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := l.Do(ctx, nothing); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the rate allows one call an hour, and the second: %v", err)
		}
		if err := l.Seats.Try(t.Context(), 0, nothing); err != nil {
			t.Errorf("the seat after that: %v", err)
		}
	})
}
