package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// mutant is a variant of the code that is broken on purpose.
type mutant struct {
	name  string
	what  string
	edits []edit
	redis bool // only the real scripts show it
	// harmless explains why it need not be caught: because something else keeps the
	// promise, or because it costs only what no promise is about.
	harmless string
}

// edit replaces a text that stands exactly once in a file.
type edit struct{ file, from, to string }

// one is a mutant of a single edit.
func one(name, what, file, from, to string) mutant {
	return mutant{name: name, what: what, edits: []edit{{file, from, to}}}
}

// finding is what the simulation found of a variant.
type finding struct {
	Seeds      int
	Violations map[string]int // seeds, by the rule that was broken first
	Crashed    string         // how the program ended, if it did not finish
}

func (f finding) caught() (seeds int) {
	for _, n := range f.Violations {
		seeds += n
	}
	if seeds == 0 && f.Crashed != "" {
		return 1
	}
	return seeds
}

// row is a line of the table.
func (m mutant) row(f finding) string {
	server := "register"
	if m.redis {
		server = "redis"
	}
	var by []string
	for _, rule := range slices.Sorted(maps.Keys(f.Violations)) {
		by = append(by, fmt.Sprintf("%s %d", rule, f.Violations[rule]))
	}
	if f.Crashed != "" {
		by = append(by, f.Crashed)
	}
	if len(by) == 0 {
		by = []string{"-"}
	}
	if m.harmless != "" {
		by = append(by, m.harmless)
	}
	return fmt.Sprintf("| %s | %s | %s | %d of %d | %s |", m.name, m.what, server, f.caught(), f.Seeds, strings.Join(by, "; "))
}
