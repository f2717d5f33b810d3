package incumbent_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Recipes are printed as they are tested: each Go block of docs/recipes.md is the file
// that the line above it links to, without its package clause. All of them are printed.
func TestRecipesArePrintedAsTested(t *testing.T) {
	t.Parallel()
	page := read(t, "docs/recipes.md")
	blocks := regexp.MustCompile("(?s)\\]\\(\\.\\./([^)]+\\.go)\\):\n\n```go\n(.*?)```").FindAllStringSubmatch(page, -1)
	if n := strings.Count(page, "```go"); n != len(blocks) {
		t.Errorf("docs/recipes.md has %d Go blocks, and %d of them follow a link to their file", n, len(blocks))
	}
	printed := map[string]string{}
	for _, b := range blocks {
		printed[b[1]] = b[2]
	}
	files, err := filepath.Glob("examples/recipes/*/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal("no recipes", err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tested := regexp.MustCompile(`(?m)^package \w+\n\n`).Split(read(t, file), 2)
		if got := printed[filepath.ToSlash(file)]; len(tested) != 2 || got != tested[1] {
			t.Errorf("docs/recipes.md prints %s as\n%s", file, got)
		}
	}
}
