// Package seam is where time and chance enter the electors. Everything outside
// simulations uses [System].
package seam

import (
	"math/rand/v2"
	"time"

	"example.com/incumbent/heartbeat"
)

// A Clock is one process's time and chance. A simulation gives each process its
// own: a rate, steps of the wall clock, stalls (Now blocks while the process is
// stalled), a seed.
type Clock interface {
	// Now reads both clocks.
	Now() heartbeat.Instant
	// Timer translates a duration of this clock into one for package time.
	Timer(d time.Duration) time.Duration
	// Float64 returns a random number in [0, 1).
	Float64() float64
}

// Clocked is implemented by a simulation's Redis client that brings the clock of
// the process it stands for.
type Clocked interface {
	// Clock returns the process's clock.
	Clock() Clock
}

// A Lender is a [Clocked]. A public type embeds it, under an unexported alias, to be
// one without a method in its documentation whose type nobody can import.
type Lender struct{ lend func() Clock }

// NewLender returns a Lender of the clock that lend returns.
func NewLender(lend func() Clock) Lender { return Lender{lend} }

// Clock returns the process's clock.
func (l Lender) Clock() Clock { return l.lend() }

// System is the clock of this machine. Make one with [NewSystem].
type System struct{ start time.Time }

// NewSystem returns the machine's clock.
func NewSystem() *System { return &System{start: time.Now()} }

// Now reads the monotonic clock, which package time hides in a Time, and the
// wall clock.
func (s *System) Now() heartbeat.Instant {
	t := time.Now()
	return heartbeat.Instant{Mono: t.Sub(s.start), Wall: time.Duration(t.UnixNano())}
}

// Timer returns d.
func (*System) Timer(d time.Duration) time.Duration { return d }

// Float64 returns a random number in [0, 1).
func (*System) Float64() float64 { return rand.Float64() }

// Holding is implemented by a test's Redis client that wants to know what its process holds
// of a key in memory.
type Holding interface {
	// Holds notes that drop forgets what is held of that key.
	Holds(key string, drop func())
}

// A Noter is a [Holding], as a [Lender] is a [Clocked].
type Noter struct{ note func(key string, drop func()) }

// NewNoter returns a Noter that calls note.
func NewNoter(note func(key string, drop func())) Noter { return Noter{note} }

// Holds notes that drop forgets what is held of that key.
func (n Noter) Holds(key string, drop func()) { n.note(key, drop) }
