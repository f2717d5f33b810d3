package check

import (
	"slices"
	"time"
)

// What the protocol promises, derived here once more from its text.
const (
	drift    = 0.05
	rounding = 20 * time.Microsecond // of clocks and timers in a simulation
)

func trust(lease time.Duration) time.Duration   { return lease * 3 / 5 }
func beat(lease time.Duration) time.Duration    { return lease * 2 / 15 }
func attempt(lease time.Duration) time.Duration { return max(lease/10, 250*time.Millisecond) }
func slack(lease time.Duration) time.Duration   { return max(lease/50, 50*time.Millisecond) }
func backOff(lease time.Duration) time.Duration { return max(beat(lease), 500*time.Millisecond) }

// worst is the longest failover, round trips excluded.
func worst(lease time.Duration) time.Duration {
	return lease + slack(lease) + lease/100 + 2*beat(lease)
}

func stopBudget(s Settings) time.Duration {
	return s.Release + attempt(s.Lease)
}

// stretched is how long a clock of that rate takes to measure d.
func stretched(d time.Duration, rate float64) time.Duration {
	return time.Duration(float64(d) / rate)
}

// clock is what the checker knows of a process' two clocks.
type clock struct {
	rate    float64
	offsets []offset // in order of time
}

// offset is what has been done to the clocks until some moment.
type offset struct {
	since time.Duration
	lost  time.Duration // by the monotonic clock, while it stood still
	set   time.Duration // added to the wall clock
}

const offsetsKept = 100

// shift notes that something is done to the clocks.
func (k *clock) shift(at, lost, set time.Duration) {
	if len(k.offsets) > offsetsKept {
		k.offsets = slices.Delete(k.offsets, 0, offsetsKept/2)
	}
	o := k.offset(at)
	k.offsets = append(k.offsets, offset{at, o.lost + lost, o.set + set})
}

// offset is the one in force at some moment.
func (k *clock) offset(at time.Duration) offset {
	for _, o := range slices.Backward(k.offsets) {
		if o.since <= at {
			return o
		}
	}
	return offset{}
}

// moment is an instant, and what the clocks of a process said then.
type moment struct{ at, mono, wall time.Duration }

func (k *clock) moment(at time.Duration) moment {
	t, o := time.Duration(float64(at)*k.rate), k.offset(at)
	return moment{at, t - o.lost, t + o.set}
}

// elapsed is how much time has passed by whichever clock says more.
func (m moment) elapsed(now moment) time.Duration {
	return max(now.mono-m.mono, now.wall-m.wall)
}

// slow reports whether both clocks have missed more time since m than their rate
// explains: then nothing that is measured by them can hold.
func (m moment) slow(now moment, slack time.Duration) bool {
	return float64(m.elapsed(now)) < float64(now.at-m.at)*(1-drift)-float64(slack)
}
