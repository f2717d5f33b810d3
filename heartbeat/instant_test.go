package heartbeat_test

import (
	"testing"
	"time"

	"example.com/incumbent/heartbeat"
)

// at is the instant at which both clocks show d.
func at(d time.Duration) heartbeat.Instant { return heartbeat.Instant{Mono: d, Wall: d} }

// clocks is the instant at which the clocks show mono and wall.
func clocks(mono, wall time.Duration) heartbeat.Instant {
	return heartbeat.Instant{Mono: mono, Wall: wall}
}

func TestElapsedBelievesTheLargerClock(t *testing.T) {
	from := clocks(10*time.Second, 100*time.Second)
	for _, c := range []struct {
		to   heartbeat.Instant
		want time.Duration
	}{
		{from, 0},
		{clocks(13*time.Second, 103*time.Second), 3 * time.Second},
		{clocks(13*time.Second, 107*time.Second), 7 * time.Second},   // suspended, or the wall clock set forward
		{clocks(13*time.Second, 50*time.Second), 3 * time.Second},    // the wall clock set back
		{clocks(9*time.Second, 99*time.Second), -time.Second},        // before
		{clocks(9*time.Second, 98*time.Second), -time.Second},        // the larger one, also before
		{clocks(10*time.Second, 86500*time.Second), 24 * time.Hour},  // set forward by a day
		{clocks(86410*time.Second, 100*time.Second), 24 * time.Hour}, // a wall clock that stands still
	} {
		if got := heartbeat.Elapsed(from, c.to); got != c.want {
			t.Errorf("Elapsed(%v, %v) = %v, want %v", from, c.to, got, c.want)
		}
	}
}

func TestAddMovesBothClocks(t *testing.T) {
	got := clocks(time.Second, time.Hour).Add(-time.Minute)
	if want := clocks(-59*time.Second, 59*time.Minute); got != want {
		t.Errorf("Add = %v, want %v", got, want)
	}
}

func TestSinceBelievesTheMonotonicClock(t *testing.T) {
	from := clocks(10*time.Second, 100*time.Second)
	for _, c := range []struct {
		to   heartbeat.Instant
		want time.Duration
	}{
		{from, 0},
		{clocks(13*time.Second, 103*time.Second), 3 * time.Second},
		{clocks(13*time.Second, 50*time.Second), 3 * time.Second}, // the wall clock set back
		{clocks(13*time.Second, 900*time.Second), 3 * time.Second},
		{clocks(9*time.Second, 900*time.Second), -time.Second}, // before
	} {
		if got := c.to.Since(from); got != c.want {
			t.Errorf("%v.Since(%v) = %v, want %v", c.to, from, got, c.want)
		}
	}
}
