// Package doclinks finds links in doc comments that lead nowhere, for the tests of each module.
package doclinks

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Dead says which links in the doc comments of a module's packages lead nowhere. The test
// runs in the module's folder.
func Dead(tb testing.TB, module string) (dead []string) {
	tb.Helper()
	known := newLibrary(tb)
	for _, p := range slices.Sorted(maps.Keys(known)) {
		if p == module || strings.HasPrefix(p, module+"/") {
			dead = append(dead, known.deadLinks(tb, p)...)
		}
	}
	return dead
}

// source is a package of this module, or one that it imports.
type source struct {
	ImportPath, Name, Dir string
	GoFiles               []string

	files []*ast.File     // once somebody asked for them
	names map[string]bool // what a link can lead to: Name, Type.Method, Type.Field
}

// library is sources by their import path.
type library map[string]*source

func newLibrary(tb testing.TB) library {
	tb.Helper()
	out, err := exec.CommandContext(tb.Context(), "go", "list", "-deps", "-json=ImportPath,Name,Dir,GoFiles", "./...").Output()
	if err != nil {
		tb.Fatal(err)
	}
	known := library{}
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		s := &source{}
		if err := d.Decode(s); err != nil {
			tb.Fatal(err)
		}
		known[s.ImportPath] = s
	}
	return known
}

// load parses a package; nil if there is none of that path.
func (l library) load(tb testing.TB, importPath string) *source {
	tb.Helper()
	s := l[importPath]
	if s == nil || s.names != nil {
		return s
	}
	s.names = map[string]bool{}
	for _, name := range s.GoFiles {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(s.Dir, name), nil, parser.ParseComments)
		if err != nil {
			tb.Fatal(err)
		}
		s.files = append(s.files, file)
		for _, decl := range file.Decls {
			s.declare(decl)
		}
	}
	return s
}

// declare notes the names of a declaration.
func (s *source) declare(decl ast.Decl) {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		s.names[receiver(d)+d.Name.Name] = true
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.ValueSpec:
				for _, name := range spec.Names {
					s.names[name.Name] = true
				}
			case *ast.TypeSpec:
				s.names[spec.Name.Name] = true
				s.members(spec.Name.Name, spec.Type)
			}
		}
	}
}

// receiver is "Type." for a method.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	typ := d.Recv.List[0].Type
	for {
		switch t := typ.(type) {
		case *ast.StarExpr:
			typ = t.X
		case *ast.IndexExpr:
			typ = t.X
		case *ast.Ident:
			return t.Name + "."
		default:
			return ""
		}
	}
}

// members notes the fields of a struct and the methods of an interface.
func (s *source) members(of string, typ ast.Expr) {
	var list *ast.FieldList
	switch t := typ.(type) {
	case *ast.StructType:
		list = t.Fields
	case *ast.InterfaceType:
		list = t.Methods
	default:
		return
	}
	for _, field := range list.List {
		for _, name := range field.Names {
			s.names[of+"."+name.Name] = true
		}
	}
}

// deadLinks says which links in the doc comments of a package lead nowhere.
func (l library) deadLinks(tb testing.TB, importPath string) (dead []string) {
	tb.Helper()
	s := l.load(tb, importPath)
	private := false // what is not exported may speak of what is not exported
	miss := func(name string) { dead = append(dead, fmt.Sprintf("%s: [%s] leads nowhere", importPath, name)) }
	parser := comment.Parser{
		LookupPackage: func(name string) (string, bool) {
			found, ok := l.imported(s, name)
			if !ok && token.IsIdentifier(name) && (!private || !s.names[name]) {
				miss(name)
			}
			return found, ok
		},
		LookupSym: func(recv, name string) bool {
			ok := s.names[join(recv, name)]
			if !ok && name != "" {
				miss(join(recv, name))
			}
			return ok
		},
	}
	for _, file := range s.files {
		for _, c := range docComments(file) {
			private = c.private
			for _, link := range docLinks(parser.Parse(c.text).Content) {
				if name := join(link.Recv, link.Name); link.ImportPath != "" && !l.has(tb, link.ImportPath, name) {
					miss(strings.Trim(join(link.ImportPath, name), "."))
				}
			}
		}
	}
	return dead
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + "." + b
}

// has reports whether there is such a package, and such a name in it unless that is "".
func (l library) has(tb testing.TB, importPath, name string) bool {
	tb.Helper()
	s := l.load(tb, importPath)
	return s != nil && (name == "" || s.names[name])
}

// imported is what a package means by the name of another.
func (l library) imported(s *source, name string) (string, bool) {
	for _, file := range s.files {
		for _, spec := range file.Imports {
			importPath, err := strconv.Unquote(spec.Path.Value)
			other := l[importPath]
			if err == nil && (spec.Name != nil && spec.Name.Name == name || spec.Name == nil && other != nil && other.Name == name) {
				return importPath, true
			}
		}
	}
	return comment.DefaultLookupPackage(name)
}
