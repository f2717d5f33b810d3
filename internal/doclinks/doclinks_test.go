package doclinks

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A package with links of all sorts: what is dead is found, and nothing else.
func TestDeadDocLinksAreFound(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := `// Package a has [A], [A.M], [A.F], [*A], [C], [strings], [strings.Cut], [strings.Reader.Len].
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
`
	if err := os.WriteFile(filepath.Join(dir, "a.go"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
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
