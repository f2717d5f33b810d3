package incumbent_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"example.com/incumbent/internal/demo/demotest"
)

// Every Go block of the documents compiles, in a module outside of this one. A page is a
// package; what its blocks take for granted stands in docs/testdata, under the page's name.
// Programs and tests are packages of their own, and tests run as printed.
//
// The recipes are other modules' business: they are compared with examples/recipes there.
func TestGoInDocumentsCompiles(t *testing.T) {
	t.Parallel()
	dir := demotest.Outside(t, ".")
	seen, tests := 0, []string{"test", "-vet=off"}
	for _, page := range pages(t) {
		found := blocks(t, page)
		if len(found) == 0 {
			continue
		}
		seen += len(found)
		name := strings.ToLower(strings.TrimSuffix(filepath.Base(page), ".md"))
		var sources []string
		for i, b := range found {
			switch {
			case strings.HasPrefix(b.text, "package main\n"):
				write(t, filepath.Join(dir, fmt.Sprintf("%s%d", name, i), "main.go"), b.text)
			case strings.HasPrefix(b.text, "func Test"):
				write(t, filepath.Join(dir, fmt.Sprintf("%s%d", name, i), "page_test.go"), importing(t, "page", b.text))
				tests = append(tests, fmt.Sprintf("./%s%d", name, i))
			default:
				sources = append(sources, b.source(t))
			}
		}
		if len(sources) == 0 {
			continue
		}
		write(t, filepath.Join(dir, name, "page.go"), importing(t, name, strings.Join(sources, "\n")))
		if stubs, err := os.ReadFile(filepath.Join("docs", "testdata", name+".go")); err == nil {
			write(t, filepath.Join(dir, name, "stubs.go"), string(stubs))
		}
		for _, m := range regexp.MustCompile(`(?m)^//go:embed (\S+)$`).FindAllStringSubmatch(strings.Join(sources, "\n"), -1) {
			_, rest, _ := strings.Cut(read(t, page), "```lua\n")
			text, _, _ := strings.Cut(rest, "```")
			write(t, filepath.Join(dir, name, m[1]), text)
		}
	}
	if seen < 15 {
		t.Errorf("only %d Go blocks were found", seen)
	}
	demotest.Go(t, dir, "vet", "./...") // which finds what a compiler finds
	if len(tests) == 2 {
		t.Error("no test was found")
	}
	demotest.Go(t, dir, tests...)
}

// The first program of the README, as printed but for the address, is elected, releases on
// SIGTERM, and ends in good order.
func TestReadmeProgramStopsOnSIGTERM(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	if err := server.Set("incumbent:{poller}", "1 V 41 7 15000 - AAAAAAAAAAAAAAAA - -"); err != nil { // led before
		t.Fatal(err)
	}
	first := blocks(t, "README.md")[0].text
	dir := demotest.Outside(t, ".")
	write(t, filepath.Join(dir, "main.go"), strings.ReplaceAll(first, "localhost:6379", server.Addr()))
	demotest.Go(t, dir, "build", "-o", "program", ".")
	program := exec.CommandContext(t.Context(), filepath.Join(dir, "program"))
	var out lockedBuffer
	program.Stdout, program.Stderr = &out, &out
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); !strings.Contains(out.String(), "only one of us"); {
		if time.Now().After(deadline) {
			t.Fatalf("it printed\n%s", out.String())
		}
		<-time.After(time.Millisecond)
	}
	if err := program.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := program.Wait(); err != nil {
		t.Errorf("it ended with %v, after\n%s", err, out.String())
	}
	if record, err := server.Get("incumbent:{poller}"); !strings.HasPrefix(record, "1 V ") {
		t.Errorf("the record is %q (%v), want it released", record, err)
	}
}

// block is a Go block of a page.
type block struct {
	page string
	line int
	text string
}

func pages(t *testing.T) []string {
	t.Helper()
	docs, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	docs = slices.DeleteFunc(docs, func(p string) bool { return filepath.Base(p) == "recipes.md" })
	return append(docs, "README.md", "SECURITY.md")
}

func blocks(t *testing.T, page string) (found []block) {
	t.Helper()
	var b *block
	for i, line := range strings.Split(read(t, page), "\n") {
		switch {
		case line == "```go":
			b = &block{page: page, line: i + 1}
		case line == "```" && b != nil:
			found = append(found, *b)
			b = nil
		case b != nil:
			b.text += line + "\n"
		}
	}
	return found
}

// source is the block as declarations: what are statements becomes a function, in which
// what is declared is used.
func (b block) source(t *testing.T) string {
	t.Helper()
	if _, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+b.text, 0); err == nil {
		return b.text
	}
	const before = "package p\nfunc _() error {\n"
	files := token.NewFileSet()
	f, err := parser.ParseFile(files, "", before+b.text+"}\n", 0)
	if err != nil {
		t.Fatalf("%s:%d: %v", b.page, b.line, err)
	}
	body, last, uses := b.text, "return nil\n", ""
	for _, s := range f.Decls[0].(*ast.FuncDecl).Body.List {
		switch s := s.(type) {
		case *ast.ReturnStmt:
			at := files.Position(s.Pos()).Offset - len(before)
			body, last = b.text[:at], b.text[at:]
		case *ast.AssignStmt:
			for _, name := range s.Lhs {
				if id, ok := name.(*ast.Ident); ok && s.Tok == token.DEFINE {
					uses += "_ = " + id.Name + "\n"
				}
			}
		}
	}
	return "func _() error {\n" + body + uses + last + "}\n"
}

// importing makes a file of declarations, with the imports that its names ask for.
func importing(t *testing.T, name, declarations string) string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+declarations, 0)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	imports := map[string]bool{}
	if strings.Contains(declarations, "//go:embed ") {
		imports[`_ "embed"`] = true
	}
	for _, id := range f.Unresolved {
		if path := importPath[id.Name]; path != "" {
			imports[fmt.Sprintf("%q", path)] = true
		}
	}
	text := "package " + name + "\n"
	for path := range imports {
		text += "import " + path + "\n"
	}
	return text + declarations
}

// importPath says what a package name in a document means.
var importPath = map[string]string{
	"context": "context", "errors": "errors", "expvar": "expvar", "fmt": "fmt", "http": "net/http", "json": "encoding/json",
	"log": "log", "os": "os", "signal": "os/signal", "slog": "log/slog", "sql": "database/sql", "strconv": "strconv",
	"synctest": "testing/synctest", "syscall": "syscall", "testing": "testing", "time": "time",
	"fx": "go.uber.org/fx", "fxtest": "go.uber.org/fx/fxtest", "redis": "github.com/redis/go-redis/v9",
	"election":     "example.com/incumbent/election",
	"electiontest": "example.com/incumbent/election/electiontest",
	"fence":        "example.com/incumbent/fence",
	"httpfence":    "example.com/incumbent/fence/httpfence",
	"lock":         "example.com/incumbent/lock",
	"fresh":        "example.com/incumbent/fresh",
	"schedule":     "example.com/incumbent/schedule",
	"singleton":    "example.com/incumbent/singleton",
	"sqlfence":     "example.com/incumbent/fence/sqlfence",
	"singletonfx":  "example.com/incumbent/singleton/singletonfx",
}
