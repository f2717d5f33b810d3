package lock

import (
	"context"
	"fmt"
	"time"

	"example.com/incumbent/internal/scope"
	"example.com/incumbent/internal/space"
)

// Seats returns a lock that n calls may hold at once, 1 to 256; every other n is an
// [ErrConfig] of its calls. All processes should use the same n: each call competes for the
// seats below its own n, so there are never more than the highest n in use.
func (s *Space) Seats(name string, n int) *Seats { return &Seats{s, name, n} }

// Seats is a lock with several seats. It is safe for concurrent use.
type Seats struct {
	space *Space
	name  string
	n     int
}

// Do is [Space.Do] for one of the seats.
func (s *Seats) Do(ctx context.Context, work Work) error {
	return s.do(ctx, forever, work)
}

// Try is [Space.Try] for one of the seats.
func (s *Seats) Try(ctx context.Context, wait time.Duration, work Work) error {
	return s.do(ctx, max(0, wait), work)
}

func (s *Seats) do(ctx context.Context, wait time.Duration, work Work) error {
	if s.n < 1 || s.n > space.MaxSeats {
		return fmt.Errorf("%w: lock %.140q has %d seats: give 1 to %d", ErrConfig, s.name, s.n, space.MaxSeats)
	}
	return s.space.do(ctx, request{name: s.name, limit: s.n, seats: true, wait: wait}, work)
}

// SeatFrom returns the seat that ctx works on, from 0; false outside of [Seats].
func SeatFrom(ctx context.Context) (int, bool) {
	for w := scope.WorkOf(ctx); w != nil; w = w.Around() {
		if held, ok := w.(*work); ok && held.call.seats {
			return held.seat, true
		}
	}
	return 0, false
}
