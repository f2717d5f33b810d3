// Package redisrate bounds how many calls there are at a time, and in a period.
package redisrate

import (
	"context"
	"time"

	"github.com/go-redis/redis_rate/v10"

	"example.com/incumbent/lock"
)

// Limits bound the calls of all processes: so many at a time by the seats, and so many in a
// period by the rate. All processes should give the same limits.
type Limits struct {
	Seats   *lock.Seats
	Limiter *redis_rate.Limiter
	Key     string // of the rate
	Rate    redis_rate.Limit
}

// Do makes a call when both allow it, and waits for that until ctx ends. It takes the seat
// first: a rate that was granted before a wait for a seat would be used later, with others
// at once. So at most as many calls as there are seats ask for the rate.
func (l Limits) Do(ctx context.Context, call lock.Work) error {
	return l.Seats.Do(ctx, func(ctx context.Context, term lock.Term) error {
		if err := l.awaitRate(ctx); err != nil {
			return err
		}
		return call(ctx, term)
	})
}

// awaitRate waits until the rate allows one more call.
func (l Limits) awaitRate(ctx context.Context) error {
	for {
		is, err := l.Limiter.Allow(ctx, l.Key, l.Rate)
		if err != nil || is.Allowed > 0 {
			return err
		}
		select {
		case <-time.After(is.RetryAfter):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
