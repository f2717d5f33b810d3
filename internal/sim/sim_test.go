package sim

import (
	"context"
	"fmt"
	"github.com/redis/go-redis/v9"
	"os"
	"strconv"
	"testing"
	"time"
)

func env(n string, d int) int {
	if v, err := strconv.Atoi(os.Getenv(n)); err == nil {
		return v
	}
	return d
}
func TestSeeds(t *testing.T) {
	store := Store(os.Getenv("STORE"))
	redis.SetLogger(silent{})
	from := env("FROM", 1)
	tot := map[string]int{}
	for seed := range env("SEEDS", 5) {
		seed += from
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := Run{store, uint64(seed), time.Hour}.Do(t)
			for a, n := range r.Breaches {
				tot[string(a)] += n
			}
			tot["refused"] += r.Refused
			tot["terms"] += r.Terms
			tot["entries"] += r.Entries
			tot["ms"] += int(r.Took.Milliseconds())
			if os.Getenv("TWICE") != "" {
				r2 := Run{store, uint64(seed), time.Hour}.Do(t)
				if r2.Trace != r.Trace {
					t.Errorf("DIFFERENT")
				}
			}
			for _, v := range r.Violations {
				t.Error(v)
			}
			if r.Story != "" {
				t.Log("\n" + r.Story)
			}
		})
	}
	t.Log(tot)
}

type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}
