package incumbent_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	module  = "example.com/incumbent"
	fx      = "go.uber.org/fx"
	standIn = "github.com/alicebob/miniredis"
	testKit = module + "/election/electiontest"
	goRedis = "github.com/redis/go-redis/v9"
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

// Above the register and the subscription nobody talks to Redis: package election names the
// types of the client that its signatures need, and calls nothing of it.
func TestElectionOnlyNamesTheClient(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("election/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	types := []string{"Client", "ClusterClient", "Ring", "Pipeliner", "Cmder", "PubSub"}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := s.X.(*ast.Ident); ok && x.Name == "redis" && !slices.Contains(types, s.Sel.Name) {
				t.Errorf("%s uses redis.%s", file, s.Sel.Name)
			}
			return true
		})
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
		if in(p.ImportPath, fx) || in(p.ImportPath, standIn) || p.ImportPath == "testing" {
			t.Errorf("election or singleton needs %s", p.ImportPath)
		}
		if inModule(p.ImportPath, extra...) {
			t.Errorf("election or singleton needs %s, which is for those alone who import it", p.ImportPath)
		}
	}
	for _, p := range list(t, "-deps", "./fence") {
		if in(p.ImportPath, standIn) || in(p.ImportPath, fx) || p.ImportPath == "testing" || p.ImportPath == module+"/singleton" {
			t.Errorf("fence needs %s", p.ImportPath)
		}
	}
	for _, p := range list(t, "./fence/sqlfence") {
		for _, imported := range p.Imports {
			if first, _, _ := strings.Cut(imported, "/"); strings.Contains(first, ".") && !in(imported, module) {
				t.Errorf("sqlfence imports %s: beside this module it needs database/sql alone", imported)
			}
		}
	}
	for _, p := range list(t, "-deps", "./fence", "./election", "./singleton", "./lock", "./schedule") {
		if p.ImportPath == "database/sql" || p.ImportPath == "net/http" {
			t.Errorf("%s is linked by who uses neither sqlfence nor httpfence", p.ImportPath)
		}
	}
	for _, p := range list(t, "-deps", "./fence/sqlfence", "./fence/httpfence") {
		if in(p.ImportPath, standIn) || in(p.ImportPath, fx) || p.ImportPath == "testing" || p.ImportPath == module+"/lock" || p.ImportPath == module+"/singleton" {
			t.Errorf("sqlfence or httpfence needs %s", p.ImportPath)
		}
	}
	for _, p := range list(t, "-deps", "./singleton/singletonfx") {
		if in(p.ImportPath, standIn) || p.ImportPath == "testing" || inModule(p.ImportPath, extra...) {
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
			case in(imported, standIn) && !inModule(p.ImportPath, "internal", "election/electiontest", "examples"):
				t.Errorf("%s imports %s", p.ImportPath, imported)
			case in(imported, goRedis) && inModule(p.ImportPath, "heartbeat", "internal/record", "internal/succession"):
				t.Errorf("%s imports %s", p.ImportPath, imported)
			case in(imported, module) && !beside(p.ImportPath) && !beside(imported) && floor(imported) > floor(p.ImportPath):
				t.Errorf("%s imports %s, which stands above it", p.ImportPath, imported)
			}
		}
	}
}

// house is the order of the packages, from below. Imports go downward only.
var house = []string{
	"heartbeat", "internal/record", "internal/register", "internal/pubsub", "internal/succession",
	"internal/space", "election", "lock", "fence", "fresh", "schedule", "singleton", "singleton/singletonfx", "examples",
}

// extra are packages that only who imports them pays for: what stands beside election for
// a task of its own. Neither election nor what runs work needs them.
var extra = []string{"fence", "fresh", "lock", "schedule"}

// beside reports whether a package has no place in the order of the others: it
// is shared by all of them, or for tests.
func beside(path string) bool {
	return inModule(path, "election/electiontest") || inModule(path, "internal") && floor(path) == len(house)
}

// floor is how high a package stands in the house.
func floor(path string) int {
	for i, tree := range slices.Backward(house) {
		if inModule(path, tree) {
			return i
		}
	}
	return len(house)
}
