package httpfence

import (
	"strings"
	"testing"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/terms"
)

// What is accepted has one meaning: written again and read again it is the same. Nothing
// panics.
func FuzzHeader(f *testing.F) {
	for _, text := range []string{
		`1795241018539; election="nightly"`, `"1795241018539000"; space="shop"`, `007;election="a"`, `  5;  space="staging:{shop}" `,
		`5`, ``, `"`, `"";`, `5;election="`, `5; election="a"; space="b"`, `-5; election="a"`, `999999999999999; election="a"`, `1000000000000000; election="a"`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		owner, term, err := parse(text)
		if err != nil {
			if owner != (terms.Owner{}) || term != 0 {
				t.Fatalf("an error with %v, %d", owner, term)
			}
			return
		}
		if term < 1 || term > terms.Max || owner.Name == "" || strings.ContainsAny(owner.Name, "\"\\\n,;") && !strings.Contains(text, owner.Name) {
			t.Fatalf("%q is %v, %d", text, owner, term)
		}
		again, same, err := parse(format(owner, term))
		if again != owner || same != term || err != nil {
			t.Fatalf("%q, written %q, is %v, %d, %v", text, format(owner, term), again, same, err)
		}
	})
}

// Each term is written as RFC 9651 has it, up to the highest.
func TestFormat(t *testing.T) {
	for term, want := range map[election.Term]string{
		1: `1; election="a"`, 999_999_999_999_999: `999999999999999; election="a"`, 1_000_000_000_000_000: `"1000000000000000"; election="a"`,
		terms.Max: `"9007194959773696"; election="a"`,
	} {
		if got := format(terms.Owner{Name: "a"}, term); got != want {
			t.Errorf("%d is %s, want %s", term, got, want)
		}
	}
}
