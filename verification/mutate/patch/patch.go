// Package patch changes source code at places that it names by syntax, so that a patch
// survives moves between files, new names of variables, comments and another layout.
//
// A patch names a function of a package and a pattern. The pattern is Go: an expression,
// some statements in a row, a key with its value, or a case clause. It must fit exactly
// once in that function. The syntax trees are compared, not the texts.
//
//	$x     fits one expression, or one statement where a statement stands
//	$*x    fits any number of arguments, elements or statements
//	$_     the same without a name, as $*_
//	$$     in the replacement: what the pattern fits, as it stands
//	$recv  the receiver of the function
//	$1     its first parameter; $2 is the second
//
// What has the same name must be the same code. The replacement may use it. A case
// clause without statements fits whatever its statements are, and only its head is
// replaced. An empty replacement deletes.
//
// A script in Lua is matched by its words, whatever the space between them. There $x is
// one word, and the function may be missing: then the whole script is searched.
package patch

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
)

// A Patch replaces what its pattern fits.
type Patch struct {
	Place string // "heartbeat Judge.Observe": folder and function; "a/b.lua swap": a script and its function
	From  string // the pattern
	To    string // the replacement
}

// A change is a patch that was found a place.
type change struct {
	file       string
	start, end int
	text       string
}

// Apply returns the files that the patches change, as they are afterwards, by path below
// the tree's root. All patterns are compared with the code as it is. An error says which
// patch does not fit, where it was looked for, and what is there.
func (t *Tree) Apply(patches ...Patch) (map[string]string, error) {
	var changes []change
	for _, p := range patches {
		c, err := t.locate(p)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.Place, err)
		}
		changes = append(changes, c)
	}
	slices.SortFunc(changes, func(a, b change) int { return cmp.Compare(b.start, a.start) }) // from behind
	patched, begun := map[string]string{}, map[string]int{}
	for _, c := range changes {
		text, known := patched[c.file]
		if !known {
			text = t.texts[c.file]
			begun[c.file] = len(text)
		}
		if c.end > begun[c.file] {
			return nil, fmt.Errorf("two patches change the same code of %s", c.file)
		}
		patched[c.file], begun[c.file] = text[:c.start]+c.text+text[c.end:], c.start
	}
	return patched, nil
}

func (t *Tree) locate(p Patch) (change, error) {
	where, name, _ := strings.Cut(p.Place, " ")
	if path.Ext(where) == ".lua" {
		return t.locateWords(where, name, p)
	}
	return t.locateSyntax(where, name, p)
}

// locateSyntax finds the code of a patch in a Go function.
func (t *Tree) locateSyntax(dir, name string, p Patch) (change, error) {
	pattern, err := parsePattern(p.From)
	if err != nil {
		return change{}, err
	}
	all, err := t.functions(dir)
	if err != nil {
		return change{}, err
	}
	f, err := find(all, name)
	if err != nil {
		return change{}, fmt.Errorf("%w%s", err, elsewhere(pattern, all, nil))
	}
	found := pattern.in(f)
	if len(found) != 1 {
		return change{}, fmt.Errorf("the pattern fits %d times, not once%s:\n%s\nthe function, in %s:\n%s",
			len(found), elsewhere(pattern, all, f), p.From, f.file, f.text(f.decl))
	}
	text, err := found[0].replacement(p.To)
	start, end := f.span(found[0].start, found[0].end)
	return change{f.file, start, end, text}, err
}

// elsewhere says which other functions of the package a pattern fits in.
func elsewhere(p *pattern, all []*function, but *function) string {
	var names []string
	for _, f := range all {
		if f != but && len(p.in(f)) > 0 {
			names = append(names, f.name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "; the pattern fits in " + strings.Join(names, ", ")
}
