package incumbent_test

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	guarantee = regexp.MustCompile(`(?m)^\*\*(S\d+)\. `)
	shown     = regexp.MustCompile(`(?m)^// Shows (?:.*\n// )*.*\.$`)
	named     = regexp.MustCompile(`\bS\d+\b`)
)

// Each safety guarantee is named at the head of a file of tests that shows it, and no file
// names another.
func TestGuaranteesAreShown(t *testing.T) {
	t.Parallel()
	var promised []string
	for _, m := range guarantee.FindAllStringSubmatch(read(t, "docs/guarantees.md"), -1) {
		promised = append(promised, m[1])
	}
	if len(promised) == 0 {
		t.Fatal("docs/guarantees.md promises nothing")
	}
	by := map[string][]string{}
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, "_test.go") {
			for _, s := range named.FindAllString(shown.FindString(read(t, path)), -1) {
				by[s] = append(by[s], path)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range promised {
		if len(by[s]) == 0 {
			t.Errorf("no file of tests shows %s", s)
		}
	}
	for s, files := range by {
		if !slices.Contains(promised, s) {
			t.Errorf("%v show %s, which docs/guarantees.md does not promise", files, s)
		}
	}
}
