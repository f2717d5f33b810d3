package heartbeat_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"example.com/incumbent/heartbeat"
)

// No number is so odd that an unsafe timing passes.
func TestOverflowIsNotValid(t *testing.T) {
	type T = heartbeat.Timing
	for name, change := range map[string]func(*T){
		"grace":           func(t *T) { t.Grace = math.MaxInt64 },
		"trust":           func(t *T) { t.Trust = math.MaxInt64 },
		"trust and grace": func(t *T) { t.Trust, t.Grace = math.MaxInt64/2, math.MaxInt64/2+time.Second },
		"slack":           func(t *T) { t.Slack = math.MaxInt64 },
		"beat":            func(t *T) { t.Beat = math.MaxInt64/2 + 1 },
		"beat, thrice":    func(t *T) { t.Beat = math.MaxInt64 / 3 * 2 },
		"attempt":         func(t *T) { t.Attempt = math.MaxInt64 },
		"drift":           func(t *T) { t.Drift = math.NaN() },
	} {
		if timing := changed(change); timing.Validate() == nil {
			t.Errorf("%s: %+v is taken for valid", name, timing)
		}
	}
}

// Whoever follows the messages comes to a valid timing, whatever was wrong.
func TestAdviceComesToAnEnd(t *testing.T) {
	random := seeded(t)
	for range 20_000 {
		timing := heartbeat.ForLease(randomLease(random))
		for _, d := range []*time.Duration{&timing.Trust, &timing.Grace, &timing.Beat, &timing.Attempt} {
			if random.IntN(2) == 0 {
				*d = 1 + time.Duration(float64(*d)*3*random.Float64())
			}
		}
		first := timing
		for range 4 {
			if err := timing.Validate(); err != nil {
				timing = followed(t, err, timing)
			}
		}
		if err := timing.Validate(); err != nil {
			t.Fatalf("%+v: %v\nafter following advice four times: %+v: %v", first, first.Validate(), timing, err)
		}
	}
}

// followed is what becomes of a timing that follows an error's advice.
func followed(t *testing.T, err error, timing heartbeat.Timing) heartbeat.Timing {
	t.Helper()
	_, after, _ := strings.Cut(err.Error(), "; ")
	last := after
	if i := strings.Index(after, " or raise"); i >= 0 {
		last = after[:i]
	}
	value, err := time.ParseDuration(last[strings.LastIndex(last, " ")+1:])
	if err != nil || value < 0 {
		t.Fatalf("%+v: %q: %v", timing, after, err)
	}
	switch {
	case strings.HasPrefix(after, "lower the grace"):
		timing.Grace = value
	case strings.HasPrefix(after, "lower the trust"):
		timing.Trust = value
	case strings.HasPrefix(after, "lower the beat"):
		timing.Beat = value
	case strings.HasPrefix(after, "lower the attempt"):
		timing.Attempt = value
	case strings.HasPrefix(after, "lower it and the beat"):
		timing.Attempt, timing.Beat = value, value
	default:
		t.Fatalf("%+v: no advice in %q", timing, after)
	}
	return timing
}
