package sim

import (
	"testing"
	"time"
)

// No seed breaks a promise.
func TestSeeds(t *testing.T) {
	for _, store := range []Store{OnRegister, OnRedis} {
		t.Run(string(store), func(t *testing.T) {
			t.Parallel()
			seeds, span := store.Usual()
			s := Series{Each: Run{Store: store, Span: span}, From: 1, Seeds: share(seeds)}
			sum, err := s.Do(t, func(t *testing.T, r Result) {
				if broken := r.Explain(); broken != "" {
					t.Error(broken)
				}
			})
			t.Log(sum)
			if err != nil {
				t.Error(err)
			}
			if sum.Mild() {
				t.Error("no fence refused anything: the faults are too mild")
			}
		})
	}
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
