package election

import (
	"time"

	"github.com/cenkalti/backoff/v4"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/seam"
)

// pauses are the waits between tries while Redis gives no answer: exponential,
// jittered, and capped so that somebody leads soon after faults heal.
type pauses struct {
	backOff *backoff.ExponentialBackOff
	clock   seam.Clock
}

func newPauses(t heartbeat.Timing, clock seam.Clock) *pauses {
	return &pauses{clock: clock, backOff: backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(50*time.Millisecond),
		backoff.WithMaxInterval(max(t.Beat, 500*time.Millisecond)),
		backoff.WithRandomizationFactor(0), // the jitter is the clock's, which a simulation repeats
		backoff.WithMaxElapsedTime(0),
	)}
}

// next is how long to wait now.
func (p *pauses) next() time.Duration {
	return time.Duration(float64(p.backOff.NextBackOff()) * (0.5 + 0.5*p.clock.Float64()))
}

func (p *pauses) reset() { p.backOff.Reset() }
