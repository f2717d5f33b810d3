package sim

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"time"
)

// chance is a stream of random numbers that a seed and a name repeat. Each has
// one goroutine to itself.
type chance struct{ *rand.Rand }

func newChance(seed uint64, name string) chance {
	return chance{rand.New(rand.NewPCG(seed, hash(name)))}
}

func hash(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s)) // never fails, see package hash
	return h.Sum64()
}

// oneIn is true once in n times.
func (c chance) oneIn(n int) bool { return c.IntN(n) == 0 }

// between is a duration between a and b.
func (c chance) between(a, b time.Duration) time.Duration {
	return a + time.Duration(c.Float64()*float64(b-a))
}

// spread is a duration between a and b whose logarithm is evenly distributed:
// short and long ones are equally likely.
func (c chance) spread(a, b time.Duration) time.Duration {
	return time.Duration(float64(a) * math.Pow(float64(b)/float64(a), c.Float64()))
}

func pick[T any](c chance, from ...T) T { return from[c.IntN(len(from))] }

// mix is a random number that depends on its arguments only, for chance that
// several goroutines ask for in an order of their own.
func mix(parts ...uint64) uint64 {
	x := uint64(0x9e3779b97f4a7c15)
	for _, p := range parts {
		x ^= p
		x *= 0xbf58476d1ce4e5b9
		x ^= x >> 29
		x *= 0x94d049bb133111eb
		x ^= x >> 32
	}
	return x
}

// fraction turns such a number into one in [0, 1).
func fraction(r uint64) float64 { return float64(r>>11) / (1 << 53) }
