package chaos

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"
)

// planned is what a plan says, its functions left out.
func planned(o *Options, round int) (text string) {
	for _, s := range storm(o, round) {
		text += fmt.Sprintln(s.after, s.fault.kind, s.aim, s.long, s.dir, s.coin)
	}
	return text
}

func TestASeedRepeatsThePlan(t *testing.T) {
	o := &Options{Seed: 1, Candidates: 5, Lease: 2 * time.Second}
	other := *o
	other.Seed = 2
	for round := range 3 {
		p := planned(o, round)
		if p != planned(o, round) {
			t.Errorf("round %d differs from itself", round)
		}
		if p == planned(&other, round) || p == planned(o, round+1) {
			t.Errorf("round %d is not the seed's own", round)
		}
	}
}

func TestEveryKindOfFaultIsPlanned(t *testing.T) {
	kinds := map[string]int{}
	for _, f := range catalogue() {
		kinds[f.kind] = 0
	}
	o := &Options{Seed: 1, Candidates: 5, Lease: 2 * time.Second}
	for round := range 40 {
		for _, s := range storm(o, round) {
			kinds[s.fault.kind]++
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		if kinds[kind] == 0 {
			t.Errorf("%s never comes", kind)
		}
	}
}

func TestOnlySomeFaults(t *testing.T) {
	o := &Options{Seed: 1, Candidates: 5, Lease: 2 * time.Second, Only: "SIGKILL"}
	for _, s := range storm(o, 0) {
		if s.fault.kind != "SIGKILL candidate" && s.fault.kind != "SIGKILL frozen candidate" {
			t.Errorf("%s comes", s.fault.kind)
		}
	}
	o.Only = "none of them"
	if s := storm(o, 0); len(s) > 0 {
		t.Errorf("%d faults come", len(s))
	}
}
