package heartbeat_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"example.com/incumbent/heartbeat"
)

func ExampleForLease() {
	t := heartbeat.ForLease(3 * time.Second)
	fmt.Println("trust", t.Trust, "grace", t.Grace, "beat", t.Beat)
	f := t.Failover()
	fmt.Printf("a successor of a crashed leader: %.1fs at the earliest, usually within %.1fs, at worst %.1fs\n",
		f.Earliest.Seconds(), f.Usual.Seconds(), f.Worst.Seconds())
	// Output:
	// trust 1.8s grace 600ms beat 400ms
	// a successor of a crashed leader: 2.5s at the earliest, usually within 3.1s, at worst 3.9s
}

func ExampleTiming_Validate() {
	t := heartbeat.ForLease(15 * time.Second)
	fmt.Println(t.Validate())
	t.Grace = 5 * time.Second
	err := t.Validate()
	fmt.Println(errors.Is(err, heartbeat.ErrUnsafeTiming))
	fmt.Println(err)
	// Output:
	// <nil>
	// true
	// heartbeat: unsafe timing: trust 9s + grace 5s do not fit into lease 15s: the work could still run when others may take over; lower the grace to 4.271s or raise the lease to 18s
}

func TestForLease(t *testing.T) {
	const ms = time.Millisecond
	for _, want := range []heartbeat.Timing{
		{Lease: 2000 * ms, Trust: 1200 * ms, Grace: 400 * ms, Beat: 266666666, Attempt: 250 * ms, Drift: 0.05, Slack: 50 * ms},
		{Lease: 2500 * ms, Trust: 1500 * ms, Grace: 500 * ms, Beat: 333333333, Attempt: 250 * ms, Drift: 0.05, Slack: 50 * ms},
		{Lease: 3000 * ms, Trust: 1800 * ms, Grace: 600 * ms, Beat: 400 * ms, Attempt: 300 * ms, Drift: 0.05, Slack: 60 * ms},
		{Lease: 15 * time.Second, Trust: 9 * time.Second, Grace: 3 * time.Second, Beat: 2 * time.Second, Attempt: 1500 * ms, Drift: 0.05, Slack: 300 * ms},
		{
			Lease: 24 * time.Hour, Trust: 14*time.Hour + 24*time.Minute, Grace: 4*time.Hour + 48*time.Minute,
			Beat: 3*time.Hour + 12*time.Minute, Attempt: 10 * time.Second, Drift: 0.05, Slack: 1728 * time.Second,
		},
	} {
		if got := heartbeat.ForLease(want.Lease); got != want {
			t.Errorf("ForLease(%v)\n got %+v\nwant %+v", want.Lease, got, want)
		}
	}
}

func TestEveryDerivedTimingIsValid(t *testing.T) {
	leases := []time.Duration{heartbeat.MinLease, heartbeat.MinLease + 1, heartbeat.DefaultLease, heartbeat.MaxLease - 1, heartbeat.MaxLease}
	random := seeded(t)
	for range 10_000 {
		leases = append(leases, randomLease(random))
	}
	for _, lease := range leases {
		timing := heartbeat.ForLease(lease)
		if err := timing.Validate(); err != nil {
			t.Fatalf("lease %v: %v", lease, err)
		}
		if left := timing.MaxGrace() - timing.Grace; left <= 0 {
			t.Fatalf("lease %v: the derived grace %v leaves %v", lease, timing.Grace, left)
		}
		if f := timing.Failover(); f.Earliest <= timing.Trust || f.Earliest >= f.Usual || f.Usual >= f.Worst || f.Worst >= 2*lease {
			t.Fatalf("lease %v: failover %+v", lease, f)
		}
	}
}

func TestPrintedFailoverBounds(t *testing.T) {
	for lease, want := range map[time.Duration]string{
		2 * time.Second:  "1.7 2.1 2.6",
		3 * time.Second:  "2.5 3.1 3.9",
		15 * time.Second: "12.7 15.4 19.4",
	} {
		f := heartbeat.ForLease(lease).Failover()
		if got := fmt.Sprintf("%.1f %.1f %.1f", f.Earliest.Seconds(), f.Usual.Seconds(), f.Worst.Seconds()); got != want {
			t.Errorf("lease %v: %s, want %s", lease, got, want)
		}
	}
}

func TestRetryAndSpread(t *testing.T) {
	for _, c := range []struct{ lease, retry, spread time.Duration }{
		{2 * time.Second, 66666666, 20 * time.Millisecond},
		{15 * time.Second, 500 * time.Millisecond, 150 * time.Millisecond},
		{time.Hour, 500 * time.Millisecond, 36 * time.Second},
	} {
		timing := heartbeat.ForLease(c.lease)
		if timing.Retry() != c.retry || timing.Spread() != c.spread {
			t.Errorf("lease %v: retry %v, spread %v; want %v and %v", c.lease, timing.Retry(), timing.Spread(), c.retry, c.spread)
		}
	}
}

// changed is the timing of the default lease with a change.
func changed(change func(*heartbeat.Timing)) heartbeat.Timing {
	timing := heartbeat.ForLease(heartbeat.DefaultLease)
	change(&timing)
	return timing
}

func TestValidateNamesWhatToChange(t *testing.T) {
	type T = heartbeat.Timing
	for name, c := range map[string]struct {
		timing heartbeat.Timing
		want   string // the message, in full behind the sentinel's
	}{
		"lease too short":    {changed(func(t *T) { t.Lease = time.Second }), "lease 1s is outside 2s to 24h0m0s; choose one inside, 15s suits most"},
		"lease too long":     {changed(func(t *T) { t.Lease = 24*time.Hour + 1 }), "lease 24h0m0.000000001s is outside 2s to 24h0m0s; choose one inside, 15s suits most"},
		"lease negative":     {changed(func(t *T) { t.Lease = -time.Second }), "lease -1s is outside 2s to 24h0m0s; choose one inside, 15s suits most"},
		"nothing set":        {heartbeat.Timing{}, "lease 0s is outside 2s to 24h0m0s; choose one inside, 15s suits most"},
		"no trust":           {changed(func(t *T) { t.Trust = 0 }), "trust 0s, beat 2s and attempt 1.5s must be positive, grace 3s and slack 300ms not negative"},
		"no beat":            {changed(func(t *T) { t.Beat = 0 }), "trust 9s, beat 0s and attempt 1.5s must be positive, grace 3s and slack 300ms not negative"},
		"no attempt":         {changed(func(t *T) { t.Attempt = 0 }), "trust 9s, beat 2s and attempt 0s must be positive, grace 3s and slack 300ms not negative"},
		"negative grace":     {changed(func(t *T) { t.Grace = -1 }), "trust 9s, beat 2s and attempt 1.5s must be positive, grace -1ns and slack 300ms not negative"},
		"negative slack":     {changed(func(t *T) { t.Slack = -1 }), "trust 9s, beat 2s and attempt 1.5s must be positive, grace 3s and slack -1ns not negative"},
		"negative drift":     {changed(func(t *T) { t.Drift = -0.01 }), "drift -0.01 is outside 0 to 0.5; 0.05 is generous for real clocks"},
		"absurd drift":       {changed(func(t *T) { t.Drift = 0.5 }), "drift 0.5 is outside 0 to 0.5; 0.05 is generous for real clocks"},
		"grace too long":     {changed(func(t *T) { t.Grace = 4 * time.Second; t.Slack = time.Second }), "trust 9s + grace 4s do not fit into lease 15s: the work could still run when others may take over; lower the grace to 3.571s or raise the lease to 15s"},
		"beats too rare":     {changed(func(t *T) { t.Beat = 3 * time.Second }), "three beats of 3s and an attempt of 1.5s do not fit into trust 9s; lower the beat to 2.5s"},
		"attempt above beat": {changed(func(t *T) { t.Attempt = 2500 * time.Millisecond }), "an attempt of 2.5s is longer than a beat of 2s; lower the attempt to 2s"},
	} {
		err := c.timing.Validate()
		if !errors.Is(err, heartbeat.ErrUnsafeTiming) {
			t.Errorf("%s: %v does not wrap ErrUnsafeTiming", name, err)
		} else if got := strings.TrimPrefix(err.Error(), heartbeat.ErrUnsafeTiming.Error()+": "); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
	}
}

// Exactly at each bound a timing is valid, a little beyond it is not.
func TestBoundsAreIncluded(t *testing.T) {
	type T = heartbeat.Timing
	for name, c := range map[string]struct{ at, beyond func(*T) }{
		"grace":   {func(t *T) { t.Grace = t.MaxGrace() }, func(t *T) { t.Grace = t.MaxGrace() + 10 }},
		"slack":   {func(t *T) { t.Slack += t.MaxGrace() - t.Grace }, func(t *T) { t.Slack += t.MaxGrace() - t.Grace + 10 }},
		"beat":    {func(t *T) { t.Beat = (t.Trust - t.Attempt) / 3 }, func(t *T) { t.Beat = (t.Trust-t.Attempt)/3 + 1 }},
		"attempt": {func(t *T) { t.Attempt = t.Beat }, func(t *T) { t.Attempt = t.Beat + 1 }},
		"drift":   {func(t *T) { t.Drift = 0 }, func(t *T) { t.Drift = 0.1 }},
		"lease":   {func(t *T) { *t = heartbeat.ForLease(heartbeat.MaxLease) }, func(t *T) { *t = heartbeat.ForLease(heartbeat.MaxLease + 1) }},
		"least":   {func(t *T) { *t = heartbeat.ForLease(heartbeat.MinLease) }, func(t *T) { *t = heartbeat.ForLease(heartbeat.MinLease - 1) }},
		"none":    {func(t *T) { t.Grace = 0 }, func(t *T) { t.Grace = -1 }},
	} {
		if err := changed(c.at).Validate(); err != nil {
			t.Errorf("%s at the bound: %v", name, err)
		}
		if changed(c.beyond).Validate() == nil {
			t.Errorf("%s beyond the bound is taken for valid", name)
		}
	}
}

// What a message recommends must itself be valid: whoever follows it is done.
func TestAdviceIsValid(t *testing.T) {
	random := seeded(t)
	advised := map[string]int{}
	for range 20_000 {
		timing := heartbeat.ForLease(randomLease(random))
		switch random.IntN(3) { // one number is not as derived
		case 0:
			timing.Grace = time.Duration(random.Int64N(int64(min(2*timing.Lease, heartbeat.MaxLease/4))))
		case 1:
			timing.Beat = time.Duration(random.Int64N(int64(timing.Lease))) + timing.Attempt
		case 2:
			timing.Attempt = time.Duration(random.Int64N(int64(timing.Lease / 5)))
		}
		err := timing.Validate()
		if err == nil || timing.Attempt <= 0 {
			continue
		}
		for what, follow := range advice(t, err, timing) {
			advised[what]++
			if err := follow.Validate(); err != nil {
				t.Fatalf("%+v: %v\nfollowing its advice on the %s: %v", timing, timing.Validate(), what, err)
			}
		}
	}
	for _, what := range []string{"grace", "lease", "beat", "attempt"} {
		if advised[what] < 100 {
			t.Errorf("advice on the %s was followed %d times only", what, advised[what])
		}
	}
}

// advice is what becomes of a timing that follows an error's advice, by what is
// to be changed.
func advice(t *testing.T, err error, timing heartbeat.Timing) map[string]heartbeat.Timing {
	t.Helper()
	value := func(s string) time.Duration {
		d, err := time.ParseDuration(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	_, after, _ := strings.Cut(err.Error(), "; ")
	var a, b string
	follow := map[string]heartbeat.Timing{}
	if n, _ := fmt.Sscanf(after, "lower the grace to %s or raise the lease to %s", &a, &b); n == 2 {
		lower := timing
		lower.Grace = value(a)
		raise := heartbeat.ForLease(value(b)) // the other numbers follow the lease
		raise.Grace = timing.Grace
		follow["grace"], follow["lease"] = lower, raise
	} else if n, _ := fmt.Sscanf(after, "lower the beat to %s", &a); n == 1 {
		timing.Beat = value(a)
		follow["beat"] = timing
	} else if n, _ := fmt.Sscanf(after, "lower the attempt to %s", &a); n == 1 {
		timing.Attempt = value(a)
		follow["attempt"] = timing
	} else {
		t.Fatalf("%+v: no advice in %q", timing, err)
	}
	return follow
}

// A valid timing keeps the inequality of the package text, whatever its numbers.
func TestValidMeansTheInequalityHolds(t *testing.T) {
	random := seeded(t)
	valid := 0
	for range 50_000 {
		timing := heartbeat.ForLease(randomLease(random))
		scale := func(d *time.Duration) { *d = time.Duration(float64(*d) * 2 * random.Float64()) }
		scale(&timing.Trust)
		scale(&timing.Grace)
		scale(&timing.Beat)
		scale(&timing.Attempt)
		scale(&timing.Slack)
		timing.Drift = random.Float64() / 5
		busy := float64(timing.Trust+timing.Grace+timing.Slack) * (1 + timing.Drift)
		quiet := float64(timing.Lease) * (1 - timing.Drift)
		holds := busy <= quiet && 3*timing.Beat+timing.Attempt <= timing.Trust && timing.Attempt <= timing.Beat
		near := busy/quiet > 1-1e-8 && busy/quiet < 1+1e-8 // rounding may decide
		if err := timing.Validate(); (err == nil) != holds && !near {
			t.Fatalf("%+v: busy %v, quiet %v: %v", timing, busy, quiet, err)
		} else if err == nil {
			valid++
		}
	}
	if valid < 1000 {
		t.Errorf("only %d timings of all that were tried are valid", valid)
	}
}

// seeded returns a random source whose seed a failing test shows.
func seeded(t *testing.T) *rand.Rand {
	seed := rand.Uint64()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	})
	return rand.New(rand.NewPCG(seed, 0))
}

// randomLease is any lease, short ones as often as long ones.
func randomLease(random *rand.Rand) time.Duration {
	longest := heartbeat.MaxLease
	if random.IntN(2) == 0 {
		longest = 30 * time.Second
	}
	return heartbeat.MinLease + time.Duration(random.Int64N(int64(longest-heartbeat.MinLease+1)))
}
