// Package redisurl checks what go-redis takes from a URL as it is and then panics
// over, or dies of.
package redisurl

import (
	"errors"
	"fmt"
)

// ErrPool means that a URL asks for a pool that nobody could have.
var ErrPool = errors.New("a pool of an impossible size")

// most is how many connections a URL may ask for. A pool makes room for all of
// them at once.
const most = 10_000

// CheckPool returns an error that wraps [ErrPool] if one of a pool's sizes is no number of connections
// that a client could have: pool size, least idle, most idle, most active.
func CheckPool(sizes ...int) error {
	for _, n := range sizes {
		if n < 0 || n > most {
			return fmt.Errorf("%w: %d connections, give 0 to %d", ErrPool, n, most)
		}
	}
	return nil
}
