package patch

import (
	"strings"
	"testing"
)

// What a pattern fits is replaced, however it is called and laid out.
func TestPatternFits(t *testing.T) {
	for _, test := range []struct{ place, from, to, was, is string }{
		{"shop shelf.take", "n > s.apples", "false", "n > s.apples {", "false {"},
		{"shop shelf.take", "$n > $x.apples", "false", "n > s.apples {", "false {"},
		{"shop shelf.take", "if $_ { return false }", "", "	if n > most || n > s.apples { // not more than there are\n		return false\n	}\n", "	\n"},
		{"shop shelf.take", "$recv.apples -= $n", "$$; $n++", "s.apples -= n", "s.apples -= n; n++"},
		{"shop shelf.take", `s.note(n, $*rest)`, "s.note(0, $*rest)", "s.note(n, \"apples\",\n		most)", "s.note(0, \"apples\",\n		most)"},
		{"shop shelf.take", "$s.apples -= $n\n$s.note($*_)", "$recv.apples -= $n", "s.apples -= n\n	s.note(n, \"apples\",\n		most)", "s.apples -= n"},
		{"shop shelf.note", "case $n < 0 || $_:", "case $n < 0:", "case n < 0 || len(rest) == 0:", "case n < 0:"},
		{"shop shelf.note", "case n == 0:\n$_", "case n == 7:", "case n == 0:\n		s.open = true", "case n == 7:"},
		{"shop shelf.note", "case $x < 0 || $_:\n$*_\n$s.pears = 0", "case $x < 0: $s.pears = 9", "case n < 0 || len(rest) == 0:\n		s.open = false\n		s.pears = 0", "case n < 0: s.pears = 9"},
		{"shop shelf.note", "$_ * ($x)", "2 * $x", "1 * (n - 1)", "(2 * (n - 1))"},
		{"shop till.note", "apples: $n", "apples: $n + 1", "apples: 3,", "apples: 3 + 1,"},
		{"shop till.note", "$x.note(1, $y...)", "$x.note(4, $y...)", "next.note(1, all...)", "next.note(4, all...)"},
		{"shop till.note", "$x.note(1, $y)", "$x.note(4, $y)", "next.note(1, all)\n", "next.note(4, all)\n"},
		{"shop till.note", "$x.note($_, $x, $x)", "$x.note()", "next.note(2, next, next)", "next.note()"},
		{"shop till.note", "$x.note(3, $*rest)", "$x.note(5, $*rest)", "next.note(3)", "next.note(5, )"},
		{"shop shelf.take", "$n > $2", "$2 > $1", "n > most", "(most > n)"},
		{"shop alone", "return $x", "return -$x", "return 1 }", "return -1 }"},
		{"shop/lua/sell.lua pay", "if $x>0 then redis.call('SET',", "if $x > 1 then redis.call('GET',", "if sum > 0 then\n    redis.call('SET',", "if sum > 1 then redis.call('GET',"},
		{"shop/lua/sell.lua", "return sell($_)", "return 1", "", ""},
		{"shop/lua/sell.lua", "return sell(tonumber(ARGV[1]))", "return 1", "return sell(tonumber(ARGV[1]))", "return 1"},
	} {
		tree := Open("testdata")
		got, err := tree.Apply(Patch{test.place, test.from, test.to})
		if test.was == "" {
			if err == nil {
				t.Errorf("%s: %s fits", test.place, test.from)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", test.from, err)
		}
		for file, text := range got {
			if before := tree.texts[file]; strings.Count(before, test.was) != 1 || text != strings.Replace(before, test.was, test.is, 1) {
				t.Errorf("%s became\n%s", test.from, text)
			}
		}
	}
}

// What does not fit exactly once is an error, and the error says where it was looked for
// and what is there.
func TestPatternDoesNotFit(t *testing.T) {
	for _, test := range []struct{ place, from, to, said string }{
		{"shop shelf.take", "n < s.apples", "", "fits 0 times"},
		{"shop shelf.take", "n < s.apples", "", "func (s *shelf) take(n, most int) bool {"},
		{"shop shelf.take", "n > $_", "", "fits 2 times"},
		{"shop shelf.take", "n == 0", "", "fits 0 times, not once; the pattern fits in shelf.note"},
		{"shop shelf.take", "$x > $x", "", "fits 0 times"},
		{"shop shelf.take", "$s.apples -= n\nreturn true", "", "fits 0 times"},
		{"shop shelf.take", "s.apples -= $n", "$m++", "uses $m, which is not in the pattern"},
		{"shop shelf.take", "a b", "", "no Go"},
		{"shop shelf.take", " ", "", "empty"},
		{"shop shelf.note", "case n < 0, n > 1:", "", "fits 0 times"},
		{"shop shelf.note", "case n < 0: case n > 1:", "", "2 case clauses"},
		{"shop shelf.give", "n", "", "there is no function shelf.give; there are shelf.note, shelf.take"},
		{"shop box.note", "n", "", "there are shelf.note, till.note"},
		{"shop box.note", "n > most", "", "there are shelf.note, till.note; the pattern fits in shelf.take"},
		{"store take", "n", "", "no package in store"},
		{"shop/lua/sell.lua give", "sum", "", "no function give"},
		{"shop/lua/sell.lua pay", "sum", "", "fits 4 times"},
		{"shop/lua/sell.lua", "pay($x) return $y + 1", "", "fits 0 times"},
		{"shop/lua/buy.lua", "sum", "", "buy.lua"},
	} {
		_, err := Open("testdata").Apply(Patch{test.place, test.from, test.to})
		if err == nil || !strings.Contains(err.Error(), test.said) || !strings.HasPrefix(err.Error(), test.place+": ") {
			t.Errorf("%s: %s: %v", test.place, test.from, err)
		}
	}
}

// Several patches change one file together, in any order, but never the same code.
func TestSeveralPatches(t *testing.T) {
	first := Patch{"shop shelf.take", "n > most", "false"}
	second := Patch{"shop till.note", "next.note(3)", ""}
	whole := Patch{"shop shelf.take", "n > most || $_", "true"}
	for _, all := range [][]Patch{{first, second}, {second, first}} {
		got, err := Open("testdata").Apply(all...)
		text := got["shop/shop.go"]
		if err != nil || len(got) != 1 || !strings.Contains(text, "if false || n > s.apples {") || strings.Contains(text, "note(3)") {
			t.Errorf("%v: %v\n%s", all, err, text)
		}
	}
	if _, err := Open("testdata").Apply(first, whole); err == nil || !strings.Contains(err.Error(), "same code of shop/shop.go") {
		t.Errorf("patches of the same code: %v", err)
	}
}
