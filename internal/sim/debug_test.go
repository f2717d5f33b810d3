package sim

import (
	"testing"
	"time"
	"os"

	"example.com/incumbent/internal/sim/check"
)

func TestDiff(t *testing.T) {
	if os.Getenv("STORE") == "" { t.Skip() }
	var first []string
	for try := range number(t, "TRIES", 10) {
		var lines []string
		check.Debug = func(s string) { lines = append(lines, s) }
		r := Run{Store(os.Getenv("STORE")), number(t, "FROM", 1), time.Hour/6}.Do(t)
		check.Debug = nil
		for _, v := range r.Violations { t.Log(v) }
		if try == 0 { first = lines; continue }
		for i := range lines {
			if i >= len(first) || lines[i] != first[i] {
				for j := max(0, i-30); j < i; j++ { t.Log("  ", lines[j]) }
				for j := i; j < i+6; j++ { t.Log("A ", first[j]) }
				for j := i; j < i+6; j++ { t.Log("B ", lines[j]) }
				t.FailNow()
			}
		}
	}
}
