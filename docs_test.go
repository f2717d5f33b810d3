// Package incumbent_test keeps what the documents say true.
package incumbent_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/incumbent/internal/doclinks"
)

// Every link in a doc comment leads to a name that exists.
func TestDocLinksResolve(t *testing.T) {
	t.Parallel()
	for _, dead := range doclinks.Dead(t, module) {
		t.Error(dead)
	}
}

var link = regexp.MustCompile(`\]\(([^)#]+)[^)]*\)`)

// Links between documents must lead somewhere.
func TestLinksResolve(t *testing.T) {
	t.Parallel()
	docs, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range append(docs, "README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md") {
		for _, m := range link.FindAllStringSubmatch(read(t, doc), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(doc), m[1])); err != nil {
				t.Errorf("%s: link to %s: %v", doc, m[1], err)
			}
		}
	}
}

var useRow = regexp.MustCompile("(?m)^\\| .+ \\| `go ([^`]+)` \\|$")

// Each command in README's table of uses runs something: a program that is there, or tests
// with that name. The programs have tests of their own.
func TestCommandsOfUses(t *testing.T) {
	t.Parallel()
	_, section, _ := strings.Cut(read(t, "README.md"), "\n## Each use, in one command\n")
	section, _, _ = strings.Cut(section, "\n## ")
	rows := useRow.FindAllStringSubmatch(section, -1)
	if len(rows) < 15 {
		t.Fatalf("only %d rows were read", len(rows))
	}
	for _, row := range rows {
		words := strings.Fields(row[1])
		dir := words[len(words)-1]
		if words[0] == "-C" {
			dir, words = filepath.Join(words[1], dir), words[2:]
		}
		if words[0] == "run" {
			if _, err := os.Stat(filepath.Join(dir, "main.go")); err != nil {
				t.Errorf("go %s: %v", row[1], err)
			}
			continue
		}
		name := ""
		if len(words) > 3 && words[2] == "-run" {
			name = words[3]
		}
		if !hasTest(t, dir, name) {
			t.Errorf("go %s: there is no such test", row[1])
		}
	}
}

// hasTest reports whether a package has a test or an example of that name; an empty name is any.
func hasTest(t *testing.T, dir, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(files, func(file string) bool {
		return name == "" || strings.Contains(read(t, file), "\nfunc "+name+"(")
	})
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// The files that the picture of the architecture names are there.
func TestArchitectureNamesFiles(t *testing.T) {
	t.Parallel()
	named := regexp.MustCompile("`([a-z_/]+\\.(?:go|lua))`").FindAllStringSubmatch(read(t, "docs/architecture.md"), -1)
	if len(named) < 20 {
		t.Fatalf("only %d files are named", len(named))
	}
	for _, m := range named {
		path := m[1]
		if !strings.Contains(path, "/") {
			path = "election/" + path // the strata of that package
		}
		if _, err := os.Stat(path); err != nil {
			t.Errorf("docs/architecture.md names %s: %v", m[1], err)
		}
	}
}
