package patch

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var (
	element = regexp.MustCompile(`\$\w+|\w+|\S`)
	word    = regexp.MustCompile(`^\w+$`)
)

// locateWords finds the code of a patch in a script.
func (t *Tree) locateWords(file, name string, p Patch) (change, error) {
	text, err := t.read(file)
	if err != nil {
		return change{}, err
	}
	start, end, err := scope(text, name)
	if err != nil {
		return change{}, err
	}
	pattern, names := words(p.From)
	var found [][]int
	for _, at := range pattern.FindAllStringSubmatchIndex(text[start:end], -1) {
		if consistent(text[start:end], at, names) {
			found = append(found, at)
		}
	}
	if len(found) != 1 {
		return change{}, fmt.Errorf("the pattern fits %d times, not once:\n%s\nthe script:\n%s", len(found), p.From, text[start:end])
	}
	at := found[0]
	to := strings.ReplaceAll(p.To, "$$", text[start+at[0]:start+at[1]])
	for i, name := range names {
		to = strings.ReplaceAll(to, name, text[start+at[2*i+2]:start+at[2*i+3]])
	}
	return change{file, start + at[0], start + at[1], to}, nil
}

// scope is the part of a script that is a function.
func scope(text, name string) (start, end int, err error) {
	if name == "" {
		return 0, len(text), nil
	}
	at := regexp.MustCompile(`(?ms)^(?:local )?function ` + regexp.QuoteMeta(name) + `\(.*?^end$`).FindStringIndex(text)
	if at == nil {
		return 0, 0, fmt.Errorf("there is no function %s in the script:\n%s", name, text)
	}
	return at[0], at[1], nil
}

// words makes an expression of a pattern, and tells which placeholders its groups are.
func words(pattern string) (*regexp.Regexp, []string) {
	var parts, names []string
	for _, w := range element.FindAllString(pattern, -1) {
		switch {
		case w[0] == '$' && len(w) > 1:
			names = append(names, w)
			w = `\b(\w+)\b`
		case word.MatchString(w):
			w = `\b` + w + `\b`
		default:
			w = regexp.QuoteMeta(w)
		}
		parts = append(parts, w)
	}
	return regexp.MustCompile(strings.Join(parts, `\s*`)), names
}

// consistent reports whether placeholders of one name fit one word.
func consistent(text string, at []int, names []string) bool {
	for i, name := range names {
		j := slices.Index(names, name)
		if text[at[2*i+2]:at[2*i+3]] != text[at[2*j+2]:at[2*j+3]] {
			return false
		}
	}
	return true
}
