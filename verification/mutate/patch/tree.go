package patch

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A Tree is the source code below a folder. Each package is read once. It is for one
// goroutine at a time.
type Tree struct {
	root     string
	fset     *token.FileSet
	texts    map[string]string // of files, by path below the root
	packages map[string][]*function
}

// A function is a function or method with a body.
type function struct {
	tree *Tree
	file string // path below the root
	name string // "Type.method" or "function"
	decl *ast.FuncDecl
}

// Open returns the tree below a folder. It reads nothing yet.
func Open(root string) *Tree {
	return &Tree{root: root, fset: token.NewFileSet(), texts: map[string]string{}, packages: map[string][]*function{}}
}

func (t *Tree) read(file string) (string, error) {
	if text, known := t.texts[file]; known {
		return text, nil
	}
	b, err := os.ReadFile(filepath.Join(t.root, file))
	t.texts[file] = string(b)
	return string(b), err
}

// functions are those of the package in a folder, without its tests.
func (t *Tree) functions(dir string) ([]*function, error) {
	if all, known := t.packages[dir]; known {
		return all, nil
	}
	names, err := filepath.Glob(filepath.Join(t.root, dir, "*.go"))
	if err != nil {
		return nil, err
	}
	var all []*function
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		inFile, err := t.parse(path.Join(dir, filepath.Base(name)))
		if err != nil {
			return nil, err
		}
		all = append(all, inFile...)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("there is no package in %s", dir)
	}
	t.packages[dir] = all
	return all, nil
}

func (t *Tree) parse(file string) ([]*function, error) {
	text, err := t.read(file)
	if err != nil {
		return nil, err
	}
	f, err := parser.ParseFile(t.fset, file, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var all []*function
	for _, d := range f.Decls {
		if decl, ok := d.(*ast.FuncDecl); ok && decl.Body != nil {
			all = append(all, &function{t, file, named(decl), decl})
		}
	}
	return all, nil
}

// named returns the name of a function, with the type of its receiver.
func named(decl *ast.FuncDecl) string {
	if decl.Recv == nil {
		return decl.Name.Name
	}
	typ := decl.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	if index, ok := typ.(*ast.IndexExpr); ok {
		typ = index.X
	}
	return fmt.Sprint(typ) + "." + decl.Name.Name
}

// names are the receiver and the parameters, by the names that patterns have for them.
func (f *function) names() map[string][]ast.Node {
	names := map[string][]ast.Node{}
	if r := f.decl.Recv; r != nil && len(r.List[0].Names) > 0 {
		names["recv"] = []ast.Node{r.List[0].Names[0]}
	}
	n := 0
	for _, field := range f.decl.Type.Params.List {
		for _, name := range field.Names {
			n++
			names[strconv.Itoa(n)] = []ast.Node{name}
		}
	}
	return names
}

// find returns the function of that name. The error names those that are like it.
func find(all []*function, name string) (*function, error) {
	var found, like []string
	var f *function
	of, last := apart(name)
	for _, g := range all {
		switch t, l := apart(g.name); {
		case g.name == name:
			f, found = g, append(found, g.file)
		case t != "" && t == of, l == last, t == last:
			like = append(like, g.name)
		}
	}
	switch {
	case len(found) > 1:
		return nil, fmt.Errorf("there are several functions of that name, in %s", strings.Join(found, ", "))
	case f == nil:
		slices.Sort(like)
		return nil, fmt.Errorf("there is no function %s; there are %s", name, strings.Join(like, ", "))
	}
	return f, nil
}

// apart splits the name of a method into those of its type and its own.
func apart(name string) (typ, own string) {
	if typ, own, ok := strings.Cut(name, "."); ok {
		return typ, own
	}
	return "", name
}

// span is where a piece of code stands in its file.
func (f *function) span(start, end token.Pos) (int, int) {
	in := f.tree.fset.File(start)
	return in.Offset(start), in.Offset(end)
}

// text is a node as it is written.
func (f *function) text(n ast.Node) string { return f.between(n.Pos(), n.End()) }

func (f *function) between(start, end token.Pos) string {
	i, j := f.span(start, end)
	return f.tree.texts[f.file][i:j]
}
