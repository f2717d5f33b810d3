package incumbent_test

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

// Every link in a doc comment leads to a name that exists.
func TestDocLinksResolve(t *testing.T) {
	t.Parallel()
	known := newLibrary(t)
	for _, p := range slices.Sorted(maps.Keys(known)) {
		if in(p, module) {
			for _, dead := range known.deadLinks(t, p) {
				t.Error(dead)
			}
		}
	}
}

// A package with links of all sorts: what is dead is found, and nothing else.
func TestDeadDocLinksAreFound(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.go"), `// Package a has [A], [A.M], [A.F], [*A], [C], [strings], [strings.Cut], [strings.Reader.Len].
//
// Dead: [B], [A.X], [F], [unknown], [strings.Nothing], [strings.Reader.Nothing], [example.com/no/where].
package a

import "strings"

// A is for [I.Do] and a [] and [ 1 ] note; it is no [secret].
type A struct{ F strings.Reader }

// M is a method, and [x.Y] is dead.
func (*A) M() {}

// I does.
type I interface{ Do() }

// C is a constant.
const C = 1

// secret is a [secret].
const secret = 2
`)
	known := newLibrary(t)
	known["a"] = &source{ImportPath: "a", Dir: dir, GoFiles: []string{"a.go"}}
	got := known.deadLinks(t, "a")
	want := []string{"B", "A.X", "F", "unknown", "strings.Nothing", "strings.Reader.Nothing", "example.com/no/where", "x", "secret"}
	for i, name := range want {
		want[i] = "a: [" + name + "] leads nowhere"
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
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

func newLibrary(t *testing.T) library {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=ImportPath,Name,Dir,GoFiles", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	known := library{}
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		s := &source{}
		if err := d.Decode(s); err != nil {
			t.Fatal(err)
		}
		known[s.ImportPath] = s
	}
	return known
}

// load parses a package; nil if there is none of that path.
func (l library) load(t *testing.T, importPath string) *source {
	t.Helper()
	s := l[importPath]
	if s == nil || s.names != nil {
		return s
	}
	s.names = map[string]bool{}
	for _, name := range s.GoFiles {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(s.Dir, name), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
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
func (l library) deadLinks(t *testing.T, importPath string) (dead []string) {
	t.Helper()
	s := l.load(t, importPath)
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
				if name := join(link.Recv, link.Name); link.ImportPath != "" && !l.has(t, link.ImportPath, name) {
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
func (l library) has(t *testing.T, importPath, name string) bool {
	t.Helper()
	s := l.load(t, importPath)
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

// docComment is the text of one, and whether go doc leaves it out.
type docComment struct {
	text    string
	private bool
}

// docComments are the doc comments of a file.
func docComments(file *ast.File) (all []docComment) {
	add := func(doc *ast.CommentGroup, private bool) {
		if doc != nil {
			all = append(all, docComment{doc.Text(), private})
		}
	}
	add(file.Doc, file.Name.Name == "main")
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			add(d.Doc, !d.Name.IsExported() || d.Recv != nil && !ast.IsExported(receiver(d)))
		case *ast.GenDecl:
			add(d.Doc, !slices.ContainsFunc(d.Specs, exported))
			for _, spec := range d.Specs {
				ast.Inspect(spec, func(n ast.Node) bool {
					add(docOf(n), !exported(spec))
					return true
				})
			}
		}
	}
	return all
}

// docOf is the doc comment of a node in a declaration.
func docOf(n ast.Node) *ast.CommentGroup {
	switch n := n.(type) {
	case *ast.TypeSpec:
		return n.Doc
	case *ast.ValueSpec:
		return n.Doc
	case *ast.Field:
		return n.Doc
	}
	return nil
}

func exported(spec ast.Spec) bool {
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		return spec.Name.IsExported()
	case *ast.ValueSpec:
		return spec.Names[0].IsExported()
	}
	return false
}

// docLinks are the links in parsed text.
func docLinks(blocks []comment.Block) (links []*comment.DocLink) {
	for _, block := range blocks {
		switch b := block.(type) {
		case *comment.Paragraph:
			links = append(links, linksIn(b.Text)...)
		case *comment.Heading:
			links = append(links, linksIn(b.Text)...)
		case *comment.List:
			for _, item := range b.Items {
				links = append(links, docLinks(item.Content)...)
			}
		}
	}
	return links
}

func linksIn(texts []comment.Text) (links []*comment.DocLink) {
	for _, text := range texts {
		if link, ok := text.(*comment.DocLink); ok {
			links = append(links, link)
		}
	}
	return links
}
