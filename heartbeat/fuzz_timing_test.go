package heartbeat_test

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"example.com/incumbent/heartbeat"
)

// FuzzTiming compares the verdict on any durations with the rules, computed
// exactly, and follows the advice of a refusal until it is accepted.
func FuzzTiming(f *testing.F) {
	add := func(t heartbeat.Timing) {
		f.Add(int64(t.Lease), int64(t.Trust), int64(t.Grace), int64(t.Beat), int64(t.Attempt), int64(t.Slack), t.Drift)
	}
	for _, lease := range []time.Duration{heartbeat.MinLease, 3 * time.Second, heartbeat.DefaultLease, heartbeat.MaxLease, time.Second} {
		add(heartbeat.ForLease(lease))
	}
	for _, change := range []func(*heartbeat.Timing){
		func(t *heartbeat.Timing) { t.Grace = t.MaxGrace() + time.Second },
		func(t *heartbeat.Timing) { t.Beat = 1 << 62 }, // three times that is negative
		func(t *heartbeat.Timing) { t.Trust, t.Grace, t.Slack = math.MaxInt64, math.MaxInt64, math.MaxInt64 },
		func(t *heartbeat.Timing) { t.Attempt, t.Beat = t.Trust/3, t.Trust/3 },
		func(t *heartbeat.Timing) { t.Attempt = t.Beat + 1 },
		func(t *heartbeat.Timing) { t.Drift = math.NaN() },
		func(t *heartbeat.Timing) { t.Drift, t.Grace = math.Nextafter(0.5, 0), math.MaxInt64 },
	} {
		add(changed(change))
	}
	f.Fuzz(func(t *testing.T, lease, trust, grace, beat, attempt, slack int64, drift float64) {
		d := func(n int64) time.Duration { return time.Duration(n) }
		timing := heartbeat.Timing{d(lease), d(trust), d(grace), d(beat), d(attempt), drift, d(slack)}
		err := timing.Validate()
		if err != nil && !errors.Is(err, heartbeat.ErrUnsafeTiming) {
			t.Fatalf("%+v: %v does not wrap ErrUnsafeTiming", timing, err)
		}
		if broken := brokenRules(timing, -2); err == nil && broken != "" {
			t.Fatalf("%+v is accepted, but breaks %s", timing, broken)
		}
		if err != nil && brokenRules(timing, 2) == "" {
			t.Fatalf("%+v keeps every rule, but: %v", timing, err)
		}
		if err == nil {
			checkDerived(t, timing)
		} else if inRange(timing) && timing.Drift <= 0.05 && timing.Slack <= heartbeat.ForLease(timing.Lease).Slack {
			followAdvice(t, timing)
		}
	})
}

// inRange reports whether only the relations between the numbers can be wrong:
// of those that make no sense by themselves the message just says so.
func inRange(t heartbeat.Timing) bool {
	return t.Lease >= heartbeat.MinLease && t.Lease <= heartbeat.MaxLease &&
		t.Trust > 0 && t.Beat > 0 && t.Attempt > 0 && t.Grace >= 0 && t.Slack >= 0 && t.Drift >= 0 && t.Drift < 0.5
}

// brokenRules names the first rule that is broken, each with so many nanoseconds
// less of room: rounding may decide about one.
func brokenRules(t heartbeat.Timing, less int64) string {
	if !inRange(t) {
		return "a limit"
	}
	ns := func(d time.Duration) *big.Rat { return new(big.Rat).SetInt64(int64(d)) }
	one, drift := big.NewRat(1, 1), new(big.Rat).SetFloat64(t.Drift)
	sum := func(ds ...*big.Rat) *big.Rat {
		total := new(big.Rat)
		for _, d := range ds {
			total.Add(total, d)
		}
		return total
	}
	busy := sum(ns(t.Trust), ns(t.Grace), ns(t.Slack))
	busy.Quo(busy, new(big.Rat).Sub(one, drift))
	quiet := new(big.Rat).Quo(ns(t.Lease), new(big.Rat).Add(one, drift))
	beats := sum(ns(t.Beat), ns(t.Beat), ns(t.Beat), ns(t.Attempt))
	switch {
	case sum(busy, new(big.Rat).SetInt64(less)).Cmp(quiet) > 0:
		return "(T + G + eps)/(1-r) <= L/(1+r)"
	case beats.Cmp(ns(t.Trust)) > 0:
		return "3*B + op <= T"
	case t.Attempt > t.Beat:
		return "op <= B"
	}
	return ""
}

// checkDerived checks what is computed from valid durations.
func checkDerived(t *testing.T, timing heartbeat.Timing) {
	t.Helper()
	if left := timing.MaxGrace() - timing.Grace; left < -2 {
		t.Errorf("%+v is valid with a grace that is %v too long", timing, -left)
	}
	fail := timing.Failover()
	if fail.Earliest >= fail.Usual || fail.Usual >= fail.Worst || fail.Earliest <= 0 || fail.Worst > 3*timing.Lease {
		t.Errorf("%+v: failover %+v", timing, fail)
	}
	if timing.Retry() < 0 || timing.Retry() > timing.Beat || timing.Spread() < 0 || timing.Spread() > timing.Lease/100 {
		t.Errorf("%+v: retry %v, spread %v", timing, timing.Retry(), timing.Spread())
	}
}

// followAdvice changes what the message says, and again if that uncovers another
// rule, every alternative. No rule may be broken twice.
func followAdvice(t *testing.T, timing heartbeat.Timing, before ...string) {
	t.Helper()
	err := timing.Validate()
	if err == nil {
		return
	}
	if len(before) > 3 {
		t.Fatalf("%+v: %v\nafter following\n%s", timing, err, strings.Join(before, "\n"))
	}
	for _, follow := range alternatives(t, err, timing) {
		followAdvice(t, follow, append(before, err.Error())...)
	}
}

// alternatives are what becomes of a timing that follows an error's advice.
func alternatives(t *testing.T, err error, timing heartbeat.Timing) (follow []heartbeat.Timing) {
	t.Helper()
	_, advice, found := strings.Cut(err.Error(), "; ")
	if !found {
		t.Fatalf("%+v: no advice in %v", timing, err)
	}
	for part := range strings.SplitSeq(advice, " or ") {
		var verb, what, value string
		if _, scanErr := fmt.Sscanf(strings.Replace(part, "it and the beat", "both", 1), "%s the %s to %s", &verb, &what, &value); scanErr != nil {
			if _, scanErr = fmt.Sscanf(part, "lower it and the beat to %s", &value); scanErr != nil {
				t.Fatalf("%+v: unreadable advice %q", timing, part)
			}
			verb, what = "lower", "both"
		}
		d, parseErr := time.ParseDuration(value)
		if parseErr != nil {
			t.Fatalf("%+v: unreadable advice %q", timing, part)
		}
		follow = append(follow, adjusted(t, timing, verb, what, d))
	}
	return follow
}

func adjusted(t *testing.T, timing heartbeat.Timing, verb, what string, d time.Duration) heartbeat.Timing {
	t.Helper()
	was := map[string]time.Duration{"lease": timing.Lease, "trust": timing.Trust, "grace": timing.Grace, "beat": timing.Beat, "attempt": timing.Attempt, "both": timing.Attempt}[what]
	if verb == "lower" && d >= was || verb == "raise" && d < was {
		t.Fatalf("%+v: %s the %s of %v to %v: %v", timing, verb, what, was, d, timing.Validate())
	}
	switch what {
	case "lease": // the other numbers follow it
		grace := timing.Grace
		timing = heartbeat.ForLease(d)
		timing.Grace = grace
	case "trust":
		timing.Trust = d
	case "grace":
		timing.Grace = d
	case "beat":
		timing.Beat = d
	case "attempt":
		timing.Attempt = d
	case "both":
		timing.Attempt, timing.Beat = d, d
	default:
		t.Fatalf("%+v: advice on %q", timing, what)
	}
	return timing
}
