package main

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"example.com/incumbent/verification/internal/command"
	"example.com/incumbent/verification/space"
)

func TestFlags(t *testing.T) {
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"-h", command.Held, "go run -C verification ./spacerun -seeds 1000"},
		{"-nonsense", command.Usage, "not defined"},
		{"4711", command.Usage, `"4711" is no flag`},
		{"-seeds 0", command.Usage, "-seeds is positive"},
		{"-span 2h", command.Usage, "more seeds"},
	} {
		var out bytes.Buffer
		code, done := new(options).read(strings.Fields(c.args), &out, &out)
		if !done || code != c.code || !strings.Contains(out.String(), c.says) {
			t.Errorf("%s: code %d, want %d with %q:\n%s", c.args, code, c.code, c.says, out.String())
		}
	}
}

func TestRun(t *testing.T) {
	result := filepath.Join(t.TempDir(), "1.json")
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"-seeds 1 -span 10s -result " + result, command.Held, "1 seeds, 0.0 hours"},
		{"-seeds 2 -span 10s -result " + result, command.Held, "2 seeds, 0.0 hours"}, // goes on
		{"-seeds 1 -from 9 -result " + result, command.Undecided, "from seed 1, not 9"},
		{"-seeds 100000 -for 1ns -span 10s", command.Held, "1 seeds"},
	} {
		var o options
		var out bytes.Buffer
		if code, done := o.read(strings.Fields(c.args), &out, &out); done {
			t.Fatal(code)
		}
		if code := o.run(t, &out, &out); code != c.code || !strings.Contains(out.String(), c.says) {
			t.Errorf("%s: code %d, want %d with %q:\n%s", c.args, code, c.code, c.says, out.String())
		}
	}
}

func TestVerdicts(t *testing.T) {
	broken, mild := space.NewSummary(), space.NewSummary()
	broken.Failed, mild.Hours = []uint64{1}, 2
	for _, c := range []struct {
		sum  *space.Summary
		err  error
		want int
	}{
		{space.NewSummary(), nil, command.Held},
		{broken, errors.New("disk full"), command.Violated},
		{space.NewSummary(), errors.New("disk full"), command.Undecided},
		{mild, nil, command.Undecided},
	} {
		var errs bytes.Buffer
		if got := verdict(c.sum, c.err, &errs); got != c.want || (got == command.Undecided) != (errs.Len() > 0) {
			t.Errorf("%v, %v: %d, want %d: %s", c.sum, c.err, got, c.want, &errs)
		}
	}
}
