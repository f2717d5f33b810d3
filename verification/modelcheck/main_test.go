package main

import (
	"bytes"
	"strings"
	"testing"
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
		{"-variant no-lengthen -config tiny/three", exitFailed, "holds; exhaustive"},
		{"-config tiny/fence -max-states 100", exitIncomplete, "NOT EXHAUSTIVE"},
		{"-config small/network -max-memory 8", exitIncomplete, "the memory limit"},
		{"-variant list", 0, "small/network"},
		{"-help", 0, "-variant"},
		{"-variant nonsense", exitUsage, "no variant"},
		{"-config nonsense", exitUsage, "no configuration"},
		{"-variant source -config tiny", exitUsage, "leave -config out"},
		{"-variant all -config tiny", exitUsage, "leave -config out"},
		{"-workers 3", exitUsage, "1 or 2 workers"},
		{"tiny", exitUsage, "no arguments but flags"},
		{"-nonsense", exitUsage, "not defined"},
	} {
		var out bytes.Buffer
		code := run(strings.Fields(c.args), &out, &out)
		if code != c.code || !strings.Contains(out.String(), c.says) {
			t.Errorf("%s: code %d, want %d with %q:\n%s", c.args, code, c.code, c.says, out.String())
		}
	}
}

func TestWorse(t *testing.T) {
	for _, c := range [][3]int{{0, 0, 0}, {0, exitIncomplete, exitIncomplete}, {exitIncomplete, 0, exitIncomplete}, {exitFailed, exitIncomplete, exitFailed}, {exitIncomplete, exitFailed, exitFailed}} {
		if got := worse(c[0], c[1]); got != c[2] {
			t.Errorf("worse(%d, %d) = %d", c[0], c[1], got)
		}
	}
}
