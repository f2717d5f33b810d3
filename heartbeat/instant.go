package heartbeat

import "time"

// An Instant is one reading of a host's two clocks. Instants of different
// processes cannot be compared.
type Instant struct {
	Mono time.Duration // monotonic clock, since a start that this process chose
	Wall time.Duration // wall clock, since the Unix epoch
}

// Add returns the instant d later on both clocks.
func (i Instant) Add(d time.Duration) Instant {
	return Instant{Mono: i.Mono + d, Wall: i.Wall + d}
}

// Since returns how much time has passed since the earlier instant, by the monotonic
// clock. It is for waits and silences; trust is measured with [Elapsed].
func (i Instant) Since(earlier Instant) time.Duration { return i.Mono - earlier.Mono }

// Elapsed returns how much time has passed between from and to: the larger of
// what the two clocks say. Trust is measured with it, see the package text.
func Elapsed(from, to Instant) time.Duration {
	return max(to.Mono-from.Mono, to.Wall-from.Wall)
}
