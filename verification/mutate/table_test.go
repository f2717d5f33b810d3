package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/incumbent/verification/mutate/patch"
)

const root = "../.."

// All patches fit. Who changes the code learns at once which variant to change with it.
func TestPatchesFit(t *testing.T) {
	seen, tree := map[string]bool{}, patch.Open(root)
	for _, m := range table() {
		if seen[m.name] {
			t.Errorf("two variants are called %q", m.name)
		}
		seen[m.name] = true
		if _, err := m.patch(tree); err != nil {
			t.Errorf("%s: %v", m.name, err)
		}
	}
}

// The tests that are named are there.
func TestNamedTestsExist(t *testing.T) {
	for _, m := range table() {
		if m.test == "" {
			continue
		}
		files, _ := filepath.Glob(filepath.Join(root, m.in, "*_test.go")) // the pattern is sound
		if !slices.ContainsFunc(files, func(file string) bool {
			text, err := os.ReadFile(file)
			return err == nil && strings.Contains(string(text), "\nfunc "+m.test+"(")
		}) {
			t.Errorf("%s: there is no %s in %s", m.name, m.test, m.in)
		}
	}
}

// The published table has a row for each variant and for nothing else, and its total adds up.
func TestEachVariantHasARow(t *testing.T) {
	const page = "docs/verification.md"
	text, err := os.ReadFile(filepath.Join(root, page))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Mutants\n")
	section, _, _ = strings.Cut(section, "\n## ")
	rows := map[string]bool{}
	for _, row := range regexp.MustCompile(`(?m)^(\| .+ \| .+ \|) (?:register|redis|tests) \| \d* ?\|`).FindAllStringSubmatch(section, -1) {
		rows[row[1]] = true
	}
	delete(rows, "| none | nothing |")
	all := table()
	for _, m := range all {
		row := fmt.Sprintf("| %s | %s |", m.name, m.what)
		if !rows[row] {
			t.Errorf("%s has no row %s: run the variant, and add what it prints", page, row)
		}
		delete(rows, row)
	}
	for row := range rows {
		t.Errorf("%s has a row %s of no variant", page, row)
	}
	if total := fmt.Sprintf("| **%d** |", len(all)); !strings.Contains(section, total) {
		t.Errorf("%s does not sum up the runs of variants with %s", page, total)
	}
}

// And all variants compile.
func TestVariantsCompile(t *testing.T) {
	tree, c := patch.Open(root), newCompiler(t)
	for _, m := range table() {
		patched, err := m.patch(tree)
		if err != nil {
			continue // the test above says so
		}
		for file := range patched {
			if filepath.Ext(file) == ".go" {
				if err := c.check(filepath.Dir(file), patched); err != nil {
					t.Errorf("%s: %v", m.name, err)
				}
			}
		}
	}
}

// What need not be refused by the model is a variant for the simulation, and named once.
func TestWhatTheModelDoesNotSee(t *testing.T) {
	var forSimulation []string
	for _, m := range table() {
		if m.test == "" {
			forSimulation = append(forSimulation, m.name)
		}
	}
	seen := map[string]bool{}
	for _, u := range unseen {
		for _, name := range u.names {
			if !slices.Contains(forSimulation, name) || seen[name] {
				t.Errorf("%q is named twice, or is no variant for the simulation", name)
			}
			seen[name] = true
		}
	}
}
