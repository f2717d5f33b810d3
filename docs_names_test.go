package incumbent_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// publicPackages are those whose names documents use, by the word that stands before them.
var publicPackages = map[string]string{
	"election": "election", "electiontest": "election/electiontest", "fence": "fence", "fresh": "fresh", "heartbeat": "heartbeat",
	"httpfence": "fence/httpfence", "schedule": "schedule", "sqlfence": "fence/sqlfence", "singleton": "singleton", "singletonfx": "singleton/singletonfx",
}

var apiName = regexp.MustCompile(`\b(election|electiontest|fence|fresh|heartbeat|httpfence|schedule|singleton|singletonfx|sqlfence)\.([A-Z]\w*)(?:\.([A-Z]\w*))?`)

// A document names nothing of the API that does not exist: election.Config.Lease is a
// field, singleton.Group.Run a method. The changelog names what is gone, too.
func TestDocumentsNameWhatExists(t *testing.T) {
	t.Parallel()
	known := map[string]map[string]bool{}
	for name, dir := range publicPackages {
		known[name] = exportedNames(t, dir)
	}
	seen := 0
	for _, page := range append(pages(t), "docs/recipes.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			continue // a page that is not written yet
		}
		for _, m := range apiName.FindAllStringSubmatch(string(text), -1) {
			seen++
			names := known[m[1]]
			below := m[3] == "" || names[m[2]+"."+m[3]] || names["value "+m[2]] && names["some."+m[3]]
			if !names[m[2]] || !below {
				t.Errorf("%s names %s, which does not exist", page, m[0])
			}
		}
	}
	if seen < 60 {
		t.Errorf("only %d names were found", seen)
	}
}

// exportedNames are the exported names of a package, with methods and fields as
// "Type.Name". Of constants and variables it is noted that they are "value Name", and of
// methods that "some.Name" exists, as the type of a value is not looked for.
func exportedNames(t *testing.T, dir string) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			nameDecl(d, names)
		}
	}
	return names
}

func nameDecl(d ast.Decl, names map[string]bool) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			names[d.Name.Name] = true
			return
		}
		on := d.Recv.List[0].Type
		if star, ok := on.(*ast.StarExpr); ok {
			on = star.X
		}
		if id, ok := on.(*ast.Ident); ok {
			names[id.Name+"."+d.Name.Name] = true
			names["some."+d.Name.Name] = true
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			nameSpec(s, names)
		}
	}
}

func nameSpec(s ast.Spec, names map[string]bool) {
	switch s := s.(type) {
	case *ast.ValueSpec:
		for _, n := range s.Names {
			names[n.Name], names["value "+n.Name] = true, true
		}
	case *ast.TypeSpec:
		names[s.Name.Name] = true
		if st, ok := s.Type.(*ast.StructType); ok {
			for _, f := range st.Fields.List {
				for _, n := range f.Names {
					names[s.Name.Name+"."+n.Name] = true
				}
			}
		}
	}
}
