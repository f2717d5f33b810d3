package second_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"example.com/incumbent/internal/redistest"
	"example.com/incumbent/verification/sim"
	"example.com/incumbent/verification/sim/check"
	"example.com/incumbent/verification/sim/second"
)

func TestMain(m *testing.M) {
	sim.Prepare()
	os.Exit(m.Run())
}

// Two judges who have nothing in common find the same.
func TestBothJudgesAgree(t *testing.T) {
	redistest.Long(t)
	explained := 0
	for _, tt := range []struct {
		store sim.Store
		seeds uint64
		span  time.Duration
	}{
		{sim.OnRegister, 10, 20 * time.Minute},
		{sim.OnRedis, 3, 3 * time.Minute},
	} {
		for seed := uint64(1); seed <= tt.seeds; seed++ {
			t.Run(fmt.Sprintf("%s/seed=%d", tt.store, seed), func(t *testing.T) {
				var all []check.Entry
				r := sim.Run{Store: tt.store, Seed: seed, Span: tt.span, Watch: func(e check.Entry) { all = append(all, e) }}
				first := r.Do(t)
				explained += agree(t, first, second.Judge(all))
			})
		}
	}
	if explained == 0 {
		t.Error("nothing overlapped: the faults are too mild")
	}
}

// agree compares two verdicts, and returns how many overlaps there were. The judges
// may name different assumptions where several were broken, but for one: the store
// going back is nothing that a process does.
func agree(t *testing.T, a sim.Result, b second.Verdict) (overlaps int) {
	safety := slices.DeleteFunc(slices.Clone(a.Violations), func(v check.Violation) bool { return !isSafety(v.Rule) })
	if (len(safety) == 0) != (len(b.Violations) == 0) {
		t.Errorf("one judge found %v, the other %v", safety, b.Violations)
	}
	others, rollbacks := total(a.Breaches)
	overlaps, again := total(b.Explained)
	if others != overlaps || rollbacks < again { // the first one counts terms that fell after a rollback, too
		t.Errorf("overlaps are explained by %v and by %v", a.Breaches, b.Explained)
	}
	return overlaps
}

func total(counts map[check.Assumption]int) (others, rollbacks int) {
	counts = maps.Clone(counts)
	rollbacks = counts[check.NoRollback]
	delete(counts, check.NoRollback)
	for _, n := range counts {
		others += n
	}
	return others, rollbacks
}

// isSafety reports whether a rule of the first judge is of safety: the second one
// judges nothing else.
func isSafety(r check.Rule) bool {
	switch r {
	case check.Overlap, check.Overstay, check.Early, check.Transition, check.Terms, check.Holder, check.Release, check.Trust, check.Fence, check.Pairs, check.Pause:
		return true
	}
	return false
}
