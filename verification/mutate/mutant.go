package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"example.com/incumbent/verification/mutate/patch"
)

// mutant is a variant of the code that is broken on purpose.
type mutant struct {
	name  string
	what  string
	edits []edit
	redis bool // only the client and the real scripts show it
	seeds int  // it is caught within so many; 0: within the usual number
	// test, if set, is a test of a package that is tried instead: the simulation does not
	// show it, since each of its processes leads in one election only, for instance.
	test, in string
	// long has that test try as much as it does in the long run.
	long bool
	// harmless explains why it need not be caught: because something else keeps the
	// promise, or because it costs only what no promise is about.
	harmless string
}

// edit replaces code in a function; see package patch for how it names the place.
type edit struct{ place, from, to string }

// one is a mutant of a single edit.
func one(name, what, place, from, to string) mutant {
	return several(name, what, edit{place, from, to})
}

// several is a mutant of some edits, each of which has its own place.
func several(name, what string, edits ...edit) mutant {
	return mutant{name: name, what: what, edits: edits}
}

// patch returns the files that the variant changes, as it has them, by path below the
// tree's root.
func (m mutant) patch(t *patch.Tree) (map[string]string, error) {
	var patches []patch.Patch
	for _, e := range m.edits {
		patches = append(patches, patch.Patch{Place: e.place, From: e.from, To: e.to})
	}
	return t.Apply(patches...)
}

// excused says why it need not be caught.
func (m mutant) excused(why string) mutant {
	m.harmless = why
	return m
}

// onRedis is for what only the client and the real scripts show.
func onRedis(all ...mutant) []mutant {
	for i := range all {
		all[i].redis = true
	}
	return all
}

// within gives it a bound of its own.
func (m mutant) within(seeds int) mutant {
	m.seeds = seeds
	return m
}

// inTest has a test of a package tried in place of the simulation.
func (m mutant) inTest(dir, name string) mutant {
	m.in, m.test = dir, name
	return m
}

func (m mutant) store() string {
	if m.redis {
		return "redis"
	}
	return "register"
}

// bound is how many seeds are tried on it.
func (m mutant) bound() int {
	switch {
	case m.seeds > 0:
		return m.seeds
	case m.redis:
		return 20
	}
	return 100
}

// finding is what the simulation found of a variant, until it found something.
type finding struct {
	Seeds      int            // that were run
	Failed     []uint64       // the seed that failed
	Violations map[string]int // by the rule that was broken first
	Crashed    string         // how the program ended, if it did not finish
	test       string         // that failed
}

func (f finding) caught() bool { return len(f.Failed) > 0 || f.Crashed != "" || f.test != "" }

// by is what caught it.
func (f finding) by() string {
	if len(f.Violations) == 0 {
		return f.Crashed
	}
	return strings.Join(slices.Sorted(maps.Keys(f.Violations)), ", ")
}

// row is a line of the table.
func (m mutant) row(f finding) string {
	if m.test != "" {
		return m.testRow(f)
	}
	caught := fmt.Sprintf("not caught in %d seeds: %s", f.Seeds, m.harmless)
	switch {
	case len(f.Failed) > 0:
		caught = fmt.Sprintf("%s, in seed %d", f.by(), f.Failed[0])
	case f.Crashed != "":
		caught = fmt.Sprintf("%s, after %d seeds", f.by(), f.Seeds)
	case m.harmless == "":
		caught = fmt.Sprintf("NOT CAUGHT in %d seeds", f.Seeds)
	}
	return fmt.Sprintf("| %s | %s | %s | %d | %s |", m.name, m.what, m.store(), m.bound(), caught)
}

// testRow is the line of a variant that is tried on a test.
func (m mutant) testRow(f finding) string {
	caught := "NOT CAUGHT by " + m.test
	if f.test != "" {
		caught = f.test
	}
	return fmt.Sprintf("| %s | %s | tests | | %s |", m.name, m.what, caught)
}
