package sim

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"example.com/incumbent/internal/sim/check"
)

// defaults are how much is run when nobody asks for more.
var defaults = map[Store]struct {
	seeds int
	span  time.Duration
}{
	OnRegister: {40, 20 * time.Minute},
	OnRedis:    {12, 10 * time.Minute},
}

// No seed breaks a promise.
func TestSeeds(t *testing.T) {
	for _, store := range stores(t) {
		t.Run(string(store), func(t *testing.T) {
			sum := NewSummary()
			from := number(t, "INCUMBENT_SIM_FROM", 1)
			for i := range number(t, "INCUMBENT_SIM_SEEDS", uint64(share(defaults[store].seeds))) {
				run(t, Run{Store: store, Seed: from + i, Span: span(t, store), Watch: tracer(t)}, sum)
			}
			t.Log(sum)
			save(t, sum)
			if sum.Seeds >= 20 && sum.Refused == 0 {
				t.Error("no fence refused anything: the faults are too mild")
			}
		})
	}
}

func run(t *testing.T, r Run, sum *Summary) {
	t.Run(fmt.Sprint("seed=", r.Seed), func(t *testing.T) {
		res := r.Do(t)
		sum.Add(res)
		for _, v := range res.Violations {
			t.Error(v)
		}
		if len(res.Violations) > 0 {
			t.Logf("what led to it:\n%s\n\nrun it again: INCUMBENT_SIM_FROM=%d INCUMBENT_SIM_SEEDS=1 INCUMBENT_SIM_HOURS=%v INCUMBENT_SIM_STORE=%s go test -run TestSeeds -v ./internal/sim",
				res.Story, r.Seed, r.Span.Hours(), r.Store)
		}
	})
}

// A seed repeats a run on the register: the same happens, at the same nanosecond.
// On Redis it does not always: goroutines of the client and of the server that
// wake at one instant are ordered by the scheduler.
func TestSeedsRepeat(t *testing.T) {
	for store, seeds := range map[Store]int{OnRegister: share(8)} {
		for seed := range uint64(seeds) {
			r := Run{Store: store, Seed: 1000 + seed, Span: 3 * time.Minute}
			first := r.Do(t)
			for range 2 {
				if again := r.Do(t); again.Trace != first.Trace {
					t.Errorf("%s, seed %d: two runs differ", store, r.Seed)
				}
			}
		}
	}
}

// share is how much of something is run: less with the race detector.
func share(n int) int {
	if raced {
		return max(n/8, 1)
	}
	return n
}

func stores(t *testing.T) []Store {
	switch s := Store(os.Getenv("INCUMBENT_SIM_STORE")); s {
	case "":
		return []Store{OnRegister, OnRedis}
	case OnRegister, OnRedis:
		return []Store{s}
	default:
		t.Fatalf("INCUMBENT_SIM_STORE=%s: give %s or %s", s, OnRegister, OnRedis)
		return nil
	}
}

func span(t *testing.T, store Store) time.Duration {
	text := os.Getenv("INCUMBENT_SIM_HOURS")
	if text == "" {
		return defaults[store].span
	}
	hours, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatalf("INCUMBENT_SIM_HOURS: %v", err)
	}
	return time.Duration(hours * float64(time.Hour))
}

func number(t *testing.T, variable string, otherwise uint64) uint64 {
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	return n
}

// tracer writes whole histories where it is asked for.
func tracer(t *testing.T) func(check.Entry) {
	path := os.Getenv("INCUMBENT_SIM_TRACE")
	if path == "" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return func(e check.Entry) { fmt.Fprintln(f, e) }
}

// save writes the summary where it is asked for.
func save(t *testing.T, sum *Summary) {
	path := os.Getenv("INCUMBENT_SIM_RESULT")
	if path == "" {
		return
	}
	text, err := json.Marshal(sum)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
}
