package incumbent_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const (
	module    = "example.com/incumbent"
	fx        = "go.uber.org/fx"
	miniredis = "github.com/alicebob/miniredis"
	testKit   = module + "/election/electiontest"
	porcupine = "github.com/anishathalye/porcupine"
)

// listed is a package as go list shows it.
type listed struct {
	ImportPath string
	Standard   bool
	Imports    []string
}

// list returns packages and, with -deps, what they import.
func list(t *testing.T, args ...string) []listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list", "-json=ImportPath,Standard,Imports"}, args...)...)
	out, err := cmd.Output()
	if err != nil {
		detail := ""
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			detail = string(exit.Stderr)
		}
		t.Fatalf("go list %v: %v\n%s", args, err, detail)
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		switch err := d.Decode(&p); err {
		case nil:
			all = append(all, p)
		case io.EOF:
			return all
		default:
			t.Fatal(err)
		}
	}
}

// in reports whether a package is the given one or below it.
func in(path, tree string) bool {
	return path == tree || strings.HasPrefix(path, tree+"/")
}

func inModule(path string, trees ...string) bool {
	return slices.ContainsFunc(trees, func(tree string) bool { return in(path, module+"/"+tree) })
}

// What a program links stays as small as the documents say: the time arithmetic
// needs the standard library alone, elections need a Redis client and nothing
// for tests, and fx comes only with the package that is for it.
func TestDependencies(t *testing.T) {
	t.Parallel()
	for _, p := range list(t, "-deps", "./heartbeat") {
		if !p.Standard && p.ImportPath != module+"/heartbeat" {
			t.Errorf("heartbeat needs %s", p.ImportPath)
		}
	}
	for _, p := range list(t, "-deps", "./election", "./singleton") {
		if in(p.ImportPath, fx) || in(p.ImportPath, miniredis) || p.ImportPath == "testing" {
			t.Errorf("election or singleton needs %s", p.ImportPath)
		}
	}
	for _, p := range list(t, "-deps", "./singleton/singletonfx") {
		if in(p.ImportPath, miniredis) || p.ImportPath == "testing" {
			t.Errorf("singletonfx needs %s", p.ImportPath)
		}
	}
	for _, p := range list(t, "./...") {
		for _, imported := range p.Imports {
			switch {
			case imported == testKit:
				t.Errorf("%s imports %s, which is for tests alone", p.ImportPath, imported)
			case in(imported, fx) && !inModule(p.ImportPath, "singleton/singletonfx", "examples"):
				t.Errorf("%s imports %s", p.ImportPath, imported)
			case in(imported, miniredis) && !inModule(p.ImportPath, "internal", "election/electiontest"):
				t.Errorf("%s imports %s", p.ImportPath, imported)
			case in(imported, porcupine) && p.ImportPath != module+"/internal/linear", imported == module+"/internal/linear":
				t.Errorf("%s imports %s, which is for tests", p.ImportPath, imported)
			case in(imported, module) && !beside(p.ImportPath) && !beside(imported) && floor(imported) > floor(p.ImportPath):
				t.Errorf("%s imports %s, which stands above it", p.ImportPath, imported)
			}
		}
	}
}

// beside reports whether a package has no place in the order of the others: it
// is internal, or for tests.
func beside(path string) bool { return inModule(path, "internal", "election/electiontest") }

// floor is how high a package stands in the house; imports go downward only.
func floor(path string) int {
	house := []string{"heartbeat", "election", "singleton", "singleton/singletonfx", "examples"}
	for i, tree := range slices.Backward(house) {
		if inModule(path, tree) {
			return i
		}
	}
	return len(house)
}
