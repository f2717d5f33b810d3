package main

import (
	"go/ast"
	"go/build"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../.."

// All patches still fit. It costs nothing, so it runs always: who changes the code
// learns at once which variant to change with it.
func TestPatchesFit(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range table() {
		if seen[m.name] {
			t.Errorf("two variants are called %q", m.name)
		}
		seen[m.name] = true
		patched, err := m.patch(root)
		if err != nil {
			t.Errorf("%s: %v", m.name, err)
		}
		for file, text := range patched {
			if before, _ := os.ReadFile(filepath.Join(root, file)); string(before) == text {
				t.Errorf("%s: %s stays as it is", m.name, file)
			}
		}
	}
}

// And all variants compile.
func TestVariantsCompile(t *testing.T) {
	if testing.Short() {
		t.Skip("checking the types of all variants takes a while")
	}
	imports := exported(t)
	for _, m := range table() {
		patched, err := m.patch(root)
		if err != nil {
			continue // the test above says so
		}
		for file := range patched {
			if filepath.Ext(file) == ".go" {
				if err := compile(filepath.Dir(file), patched, imports); err != nil {
					t.Errorf("%s: %v", m.name, err)
				}
			}
		}
	}
}

// compile checks the types of a package with some of its files replaced.
func compile(dir string, patched map[string]string, imports func(string) (io.ReadCloser, error)) error {
	pkg, err := build.ImportDir(filepath.Join(root, dir), 0)
	if err != nil {
		return err
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range pkg.GoFiles {
		var source any // nil: as it is on disk
		if text, is := patched[filepath.Join(dir, name)]; is {
			source = text
		}
		f, err := parser.ParseFile(fset, filepath.Join(root, dir, name), source, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, f)
	}
	conf := types.Config{Importer: importer.ForCompiler(fset, "gc", imports)}
	_, err = conf.Check(dir, fset, files, nil)
	return err
}

// exported opens what the compiler knows of the packages that are imported.
func exported(t *testing.T) func(path string) (io.ReadCloser, error) {
	t.Helper()
	list := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}", "./heartbeat", "./election", "./singleton")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	files := map[string]string{}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		files[path] = file
	}
	return func(path string) (io.ReadCloser, error) { return os.Open(files[path]) }
}
