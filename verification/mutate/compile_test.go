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

// A compiler checks the types of packages, some of whose files are replaced. What the
// others import, and their own syntax, it reads once.
type compiler struct {
	fset    *token.FileSet
	imports types.Importer
	files   map[string]*ast.File // as they are on disk
}

func newCompiler(t *testing.T) *compiler {
	fset := token.NewFileSet()
	return &compiler{fset, importer.ForCompiler(fset, "gc", exported(t)), map[string]*ast.File{}}
}

// check checks the package in a folder.
func (c *compiler) check(dir string, patched map[string]string) error {
	pkg, err := build.ImportDir(filepath.Join(root, dir), 0)
	if err != nil {
		return err
	}
	var files []*ast.File
	for _, name := range pkg.GoFiles {
		f, err := c.parse(filepath.Join(dir, name), patched)
		if err != nil {
			return err
		}
		files = append(files, f)
	}
	conf := types.Config{Importer: c.imports}
	_, err = conf.Check(dir, c.fset, files, nil)
	return err
}

func (c *compiler) parse(file string, patched map[string]string) (*ast.File, error) {
	if text, is := patched[file]; is {
		return parser.ParseFile(c.fset, file, text, parser.SkipObjectResolution)
	}
	if c.files[file] == nil {
		f, err := parser.ParseFile(c.fset, filepath.Join(root, file), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		c.files[file] = f
	}
	return c.files[file], nil
}

// exported opens what the compiler knows of the packages that are imported.
func exported(t *testing.T) func(path string) (io.ReadCloser, error) {
	t.Helper()
	list := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}", "./heartbeat", "./election", "./singleton", "./schedule", "./lock", "./fence/...", "./fresh")
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
