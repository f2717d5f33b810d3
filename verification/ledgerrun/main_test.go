package main

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"example.com/incumbent/verification/internal/command"
	"example.com/incumbent/verification/ledger"
)

func TestRun(t *testing.T) {
	result := filepath.Join(t.TempDir(), "1.json")
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"-h", command.Held, "go run -C verification ./ledgerrun -seeds 1000"},
		{"-nonsense", command.Usage, "not defined"},
		{"4711", command.Usage, `"4711" is no flag`},
		{"-seeds 0", command.Usage, "-seeds is positive"},
		{"-years 2", command.Usage, "more seeds"},
		{"-seeds 1 -years 0.01 -result " + result, command.Held, "1 seeds, 0.0 years"},
		{"-seeds 3 -years 0.01 -result " + result, command.Held, "3 seeds, 0.0 years"}, // goes on
		{"-seeds 1 -from 9 -result " + result, command.Undecided, "from seed 1, not 9"},
		{"-seeds 100000 -for 1ns -years 0.01", command.Held, "1 seeds"},
	} {
		var out bytes.Buffer
		if code := run(strings.Fields(c.args), &out, &out); code != c.code || !strings.Contains(out.String(), c.says) {
			t.Errorf("%s: code %d, want %d with %q:\n%s", c.args, code, c.code, c.says, out.String())
		}
	}
}

func TestVerdicts(t *testing.T) {
	broken, mild := ledger.NewSummary(), ledger.NewSummary()
	broken.Failed, mild.Years = []uint64{1}, 1
	for _, c := range []struct {
		sum  *ledger.Summary
		err  error
		want int
	}{
		{ledger.NewSummary(), nil, command.Held},
		{broken, errors.New("disk full"), command.Violated},
		{ledger.NewSummary(), errors.New("disk full"), command.Undecided},
		{mild, nil, command.Undecided},
	} {
		var errs bytes.Buffer
		if got := verdict(c.sum, c.err, &errs); got != c.want || (got == command.Undecided) != (errs.Len() > 0) {
			t.Errorf("%v, %v: %d, want %d: %s", c.sum, c.err, got, c.want, &errs)
		}
	}
}
