// Package incumbent_test keeps what the documents say true.
package incumbent_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"example.com/incumbent/internal/doclinks"
)

// The program on the README's first screen must compile as it stands there.
func TestReadmeProgramCompiles(t *testing.T) {
	t.Parallel()
	_, rest, found := strings.Cut(read(t, "README.md"), "```go\n")
	program, _, ended := strings.Cut(rest, "```")
	if !found || !ended {
		t.Fatal("README.md has no Go program")
	}
	compile(t, program)
}

// The test in the README must pass as it stands there, but for its imports.
func TestReadmeTestPasses(t *testing.T) {
	t.Parallel()
	_, rest, found := strings.Cut(read(t, "README.md"), "```go\nfunc Test")
	test, _, ended := strings.Cut(rest, "```")
	if !found || !ended {
		t.Fatal("README.md has no test")
	}
	overlay := overlaid(t, "readmetest/readme_test.go", `package readmetest

import (
	"context"
	"testing"
	"testing/synctest"

	"example.com/incumbent/election"
	"example.com/incumbent/election/electiontest"
	"example.com/incumbent/singleton"
)

func Test`+test)
	binary := filepath.Join(t.TempDir(), "readme.test")
	build := exec.CommandContext(t.Context(), "go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", binary, "./readmetest")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("the README's test does not compile: %v\n%s", err, out)
	}
	if out, err := exec.CommandContext(t.Context(), binary, "-test.timeout=1m").CombinedOutput(); err != nil {
		t.Errorf("the README's test does not pass: %v\n%s", err, out)
	}
}

// compile builds a main package that exists only in an overlay of this module.
func compile(t *testing.T, program string) {
	t.Helper()
	overlay := overlaid(t, "readmeprogram/main.go", program)
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-overlay", overlay, "-o", filepath.Join(t.TempDir(), "program"), "./readmeprogram")
	if out, err := build.CombinedOutput(); err != nil {
		t.Errorf("the README's program does not compile: %v\n%s", err, out)
	}
}

// overlaid returns an overlay of this module in which a file has that text.
func overlaid(t *testing.T, name, text string) string {
	t.Helper()
	source := filepath.Join(t.TempDir(), filepath.Base(name))
	overlay := filepath.Join(t.TempDir(), "overlay.json")
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	replaced, err := json.Marshal(map[string]any{"Replace": map[string]string{
		filepath.Join(here, name): source,
	}})
	if err != nil {
		t.Fatal(err)
	}
	write(t, source, text)
	write(t, overlay, string(replaced))
	return overlay
}

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
