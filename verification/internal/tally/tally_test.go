package tally

import (
	"strings"
	"testing"
)

type counts struct {
	Runs, Lost int
	Broken     map[string]int
}

func TestAddedAndPrinted(t *testing.T) {
	sum := counts{Runs: 1}
	Add(&sum, counts{Runs: 2, Lost: 3})
	var b strings.Builder
	Table(&b, sum)
	Verdict(&b, nil, nil)
	if want := "  Runs                   3\n  Lost                   3\nbroken: nothing"; b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
	b.Reset()
	Verdict(&b, map[string]int{"late": 2}, []uint64{7})
	if b.String() != "BROKEN: late 2 times, in seeds [7]\n" {
		t.Errorf("%q", b.String())
	}
}
