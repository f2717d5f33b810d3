package main

import (
	"bytes"
	"strings"
	"testing"

	"example.com/incumbent/verification/internal/command"
)

func TestRun(t *testing.T) {
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"-config tiny/fence -workers 1", 0, "holds; exhaustive"},
		{"-config tiny/fence", 0, "19112 states, 80828 edges"},
		{"-variant source", 0, "BROKEN in 12 steps: two scopes of work overlap"},
		{"-variant fresh-look", 0, "BROKEN in 13 steps"},
		{"-variant immediate", 0, "holds; exhaustive"},
		{"-variant fresh-look -config tiny/three", 0, "BROKEN"},
		{"-variant no-lengthen -config tiny/three", command.Violated, "holds; exhaustive"},
		{"-config tiny/fence -max-states 100", command.Undecided, "NOT EXHAUSTIVE"},
		{"-config small/network -max-memory 8", command.Undecided, "the memory limit"},
		{"-variant list", 0, "small/network"},
		{"-of space -variant list", 0, "small/three and memory"},
		{"-of space -config tiny/memory", 0, "56413 states, 445752 edges"},
		{"-of space -variant withdraw-push", 0, "a published grant is not in the hash"},
		{"-of space -variant withdraw-push -config tiny/memory", 0, "BROKEN"},
		{"-of nonsense", command.Usage, "there are election and space"},
		{"-help", 0, "-variant name"},
		{"-h", 0, "go run -C verification ./modelcheck -config large"},
		{"-variant nonsense", command.Usage, "no variant"},
		{"-config nonsense", command.Usage, "no configuration"},
		{"-variant source -config tiny", command.Usage, "leave -config out"},
		{"-variant all -config tiny", command.Usage, "leave -config out"},
		{"-workers 3", command.Usage, "1 or 2 workers"},
		{"tiny", command.Usage, "no arguments but flags"},
		{"-nonsense", command.Usage, "not defined"},
	} {
		var out bytes.Buffer
		code := run(strings.Fields(c.args), &out, &out)
		if code != c.code || !strings.Contains(out.String(), c.says) {
			t.Errorf("%s: code %d, want %d with %q:\n%s", c.args, code, c.code, c.says, out.String())
		}
	}
}

func TestWorse(t *testing.T) {
	for _, c := range [][3]int{{0, 0, 0}, {0, command.Undecided, command.Undecided}, {command.Undecided, 0, command.Undecided}, {command.Violated, command.Undecided, command.Violated}, {command.Undecided, command.Violated, command.Violated}} {
		if got := worse(c[0], c[1]); got != c[2] {
			t.Errorf("worse(%d, %d) = %d", c[0], c[1], got)
		}
	}
}
