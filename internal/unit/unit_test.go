package unit_test

import (
	"testing"
	"time"

	"example.com/incumbent/internal/unit"
)

func TestMissing(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-30:                  "",
		0:                    "",
		1:                    "1*time.Second",
		30:                   "30*time.Second",
		999:                  "999*time.Second",
		1000:                 "1000*time.Millisecond",
		15_000:               "15000*time.Millisecond",
		time.Millisecond - 1: "999999*time.Millisecond",
		time.Millisecond:     "",
		time.Hour:            "",
	} {
		if got := unit.Missing(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}
