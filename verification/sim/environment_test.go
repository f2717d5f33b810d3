package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"testing"
	"time"

	"example.com/incumbent/verification/sim/check"
)

// What the environment asks for; see the package's text.

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

// lease is zero if each seed is to draw its own.
func lease(t *testing.T) time.Duration {
	text := os.Getenv("INCUMBENT_SIM_LEASE")
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("INCUMBENT_SIM_LEASE: %v", err)
	}
	return d
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

// seeds is how many there are to run.
func seeds(t *testing.T, store Store) int {
	return int(number(t, "INCUMBENT_SIM_SEEDS", uint64(share(defaults[store].seeds))))
}

// patience says whether to go on after so many seeds.
func patience(t *testing.T) (goOn func(*Summary) bool) {
	first := os.Getenv("INCUMBENT_SIM_FIRST") != ""
	text, until := os.Getenv("INCUMBENT_SIM_FOR"), time.Time{}
	if text != "" {
		d, err := time.ParseDuration(text)
		if err != nil {
			t.Fatalf("INCUMBENT_SIM_FOR: %v", err)
		}
		until = time.Now().Add(d)
	}
	return func(sum *Summary) bool {
		return (!first || len(sum.Failed) == 0) && (text == "" || time.Now().Before(until))
	}
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

// resume returns the summary of a run that was cut, or an empty one.
func resume(t *testing.T, from uint64) *Summary {
	sum := NewSummary()
	if os.Getenv("INCUMBENT_SIM_RESULT") != "" && os.Getenv("INCUMBENT_SIM_STORE") == "" {
		t.Fatal("INCUMBENT_SIM_RESULT is of one server: give INCUMBENT_SIM_STORE, too")
	}
	b, err := os.ReadFile(os.Getenv("INCUMBENT_SIM_RESULT"))
	if err == nil {
		err = json.Unmarshal(b, sum)
	}
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		t.Fatalf("INCUMBENT_SIM_RESULT: %v", err)
	case sum.Seeds > 0 && sum.From != from:
		t.Fatalf("INCUMBENT_SIM_RESULT is of a run from seed %d", sum.From)
	}
	sum.From = from
	return sum
}

// saveNowAndThen keeps what was found until now, for a run that is cut.
func saveNowAndThen(t *testing.T, sum *Summary) {
	if sum.Seeds%20 == 0 {
		save(t, sum)
	}
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
	if err = os.WriteFile(path+".new", text, 0o644); err == nil {
		err = os.Rename(path+".new", path) // whole, or not at all
	}
	if err != nil {
		t.Fatal(err)
	}
}
