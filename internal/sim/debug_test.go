package sim

import (
	"testing"
	"time"
	"os"
	"slices"
	"strings"

	"example.com/incumbent/internal/sim/check"
)

func TestDiff(t *testing.T) {
	if os.Getenv("STORE") == "" { t.Skip() }
	for seed := range number(t, "N", 1) {
	var first []string
	seed += number(t, "FROM", 10)
	for try := range number(t, "TRIES", 10) {
		var lines, inst []string
		check.Debug = func(s string) { 
			if len(inst) > 0 && inst[0][:strings.Index(inst[0], "s ")] != s[:strings.Index(s, "s ")] {
				slices.Sort(inst)
				lines = append(lines, inst...)
				inst = nil
			}
			inst = append(inst, s)
		}
		r := Run{Store(os.Getenv("STORE")), seed, time.Hour/6}.Do(t)
		check.Debug = nil
		for _, v := range r.Violations { t.Log(v) }
		if try == 0 { first = lines; continue }
		for i := range lines {
			if i >= len(first) || lines[i] != first[i] {
				for j := max(0, i-30); j < i; j++ { t.Log("  ", lines[j]) }
				for j := i; j < i+6; j++ { t.Log("A ", first[j]) }
				for j := i; j < i+6; j++ { t.Log("B ", lines[j]) }
				t.Errorf("seed %d", seed)
				break
			}
		}
	}
	}
}
