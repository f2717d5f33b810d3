package redistest

import (
	"os"
	"testing"
)

const (
	// RequireVariable names the environment variable under which nothing may be left out
	// because a program is missing.
	RequireVariable = "INCUMBENT_REQUIRE"
	// LongVariable names the environment variable that switches on what takes long.
	LongVariable = "INCUMBENT_LONG"
)

// Missing leaves a test out for something that this machine lacks. With
// [RequireVariable] the test fails.
func Missing(tb testing.TB, what string) {
	tb.Helper()
	if os.Getenv(RequireVariable) != "" {
		tb.Fatalf("%s, and %s is set", what, RequireVariable)
	}
	tb.Skip(what)
}

// Long leaves a test out that takes long, unless [LongVariable] is set.
func Long(tb testing.TB) {
	tb.Helper()
	if os.Getenv(LongVariable) == "" {
		tb.Skip("left out: takes long; ./test.sh --long runs it")
	}
}

// Either returns short, or long if [LongVariable] is set: how often a test repeats something,
// or for how long.
func Either[T any](short, long T) T {
	if os.Getenv(LongVariable) == "" {
		return short
	}
	return long
}
