package sim

import (
	"fmt"
	"testing"
	"time"
)

// defaults are how much is run when nobody asks for more.
var defaults = map[Store]struct {
	seeds int
	span  time.Duration
}{
	OnRegister: {120, 20 * time.Minute},
	OnRedis:    {40, 10 * time.Minute},
}

// No seed breaks a promise.
func TestSeeds(t *testing.T) {
	for _, store := range stores(t) {
		t.Run(string(store), func(t *testing.T) {
			sum := resume(t, number(t, "INCUMBENT_SIM_FROM", 1))
			r := Run{Store: store, Span: span(t, store), Lease: lease(t), Watch: tracer(t)}
			for goOn := patience(t); sum.Seeds < seeds(t, store) && goOn(sum); {
				r.Seed = sum.From + uint64(sum.Seeds)
				run(t, r, sum)
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
		saveNowAndThen(t, sum)
		for _, v := range res.Violations {
			t.Error(v)
		}
		if len(res.Violations) > 0 {
			t.Logf("what led to it:\n%s\n\nrun it again: INCUMBENT_SIM_FROM=%d INCUMBENT_SIM_SEEDS=1 INCUMBENT_SIM_HOURS=%v INCUMBENT_SIM_LEASE=%v INCUMBENT_SIM_STORE=%s go -C verification test -run TestSeeds -v ./sim",
				res.Story, r.Seed, r.Span.Hours(), r.Lease, r.Store)
		}
	})
}

// A seed repeats a run: the same happens, at the same nanosecond. Now and then one
// does not: see the package's text.
func TestSeedsRepeat(t *testing.T) {
	for _, tt := range []struct {
		store    Store
		seeds    int
		tolerate int // seeds that don't
	}{
		{OnRegister, share(15), 1},
		{OnRedis, max(share(8), 3), 1},
	} {
		t.Run(string(tt.store), func(t *testing.T) {
			differ := 0
			for i := range uint64(tt.seeds) {
				if r := (Run{Store: tt.store, Seed: 1000 + i, Span: 3 * time.Minute}); !repeats(t, r) {
					t.Logf("seed %d: two runs differ", r.Seed)
					differ++
				}
			}
			if differ > tt.tolerate {
				t.Errorf("%d of %d seeds don't repeat their run", differ, tt.seeds)
			}
		})
	}
}

func repeats(t *testing.T, r Run) bool {
	first := r.Do(t)
	if first.Terms == 0 {
		t.Errorf("seed %d: nobody was elected", r.Seed)
	}
	for range 2 {
		if r.Do(t).Trace != first.Trace {
			return false
		}
	}
	return true
}

// share is how much of something is run: less with the race detector.
func share(n int) int {
	if raced {
		return max(n/5, 1)
	}
	return n
}
