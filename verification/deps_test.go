// Package verification_test keeps the instruments apart from what they judge.
package verification_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"example.com/incumbent/internal/doclinks"
)

const (
	module    = "example.com/incumbent"
	porcupine = "github.com/anishathalye/porcupine"
)

// imports is what each package of this module imports, its tests left out.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		all[strings.TrimPrefix(fields[0], module+"/verification/")] = fields[1:]
	}
	return all
}

// A judge that shared code with what it judges would share its mistakes.
func TestJudgesShareNothingWithTheCode(t *testing.T) {
	t.Parallel()
	allowed := map[string][]string{
		"sim/check":      nil,
		"sim/second":     {"sim/check"}, // the words of a history
		"model":          {"model/explore"},
		"model/explore":  nil,
		"ledger/account": nil,
	}
	all := imports(t)
	for p, may := range allowed {
		if _, known := all[p]; !known {
			t.Errorf("there is no package %s", p)
		}
		for _, imported := range all[p] {
			own, ours := strings.CutPrefix(imported, module+"/")
			if ours && !slices.Contains(may, strings.TrimPrefix(own, "verification/")) {
				t.Errorf("%s imports %s", p, imported)
			}
		}
	}
}

// The search that decides about histories is used in one place, and what users test their
// services with is not what the project is judged by.
func TestWhatInstrumentsImport(t *testing.T) {
	t.Parallel()
	for p, all := range imports(t) {
		for _, imported := range all {
			if imported == porcupine && p != "linear" || imported == module+"/election/electiontest" || strings.HasPrefix(imported, "go.uber.org/fx") {
				t.Errorf("%s imports %s", p, imported)
			}
		}
	}
}

// Every link in a doc comment leads to a name that exists.
func TestDocLinksResolve(t *testing.T) {
	t.Parallel()
	for _, dead := range doclinks.Dead(t, module+"/verification") {
		t.Error(dead)
	}
}
