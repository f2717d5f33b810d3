package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"example.com/incumbent/verification/internal/command"
	"example.com/incumbent/verification/sim"
	"example.com/incumbent/verification/sim/check"
)

func TestFlags(t *testing.T) {
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"-h", command.Held, "go run -C verification ./simrun -store register -seeds 10000"},
		{"-nonsense", command.Usage, "not defined"},
		{"4711", command.Usage, `"4711" is no flag`},
		{"-store disk", command.Usage, "give register or redis"},
		{"-seeds -1", command.Usage, "not negative"},
		{"-lease 1ms", command.Usage, "-lease 1ms: give"},
		{"-result a.json", command.Usage, "give -store"},
		{"-sum", command.Usage, "names of files"},
		{"-sum -seeds 1 a.json", command.Usage, "no other flags"},
	} {
		var out bytes.Buffer
		code, done := new(options).read(strings.Fields(c.args), &out, &out)
		if !done || code != c.code || !strings.Contains(out.String(), c.says) {
			t.Errorf("%s: code %d, want %d with %q:\n%s", c.args, code, c.code, c.says, out.String())
		}
	}
}

func TestVerdicts(t *testing.T) {
	broken := sim.NewSummary()
	broken.Add(sim.Result{Report: check.Report{Violations: []check.Violation{{Rule: check.Overlap}}}})
	mild := sim.NewSummary()
	mild.Seeds = 20
	for _, c := range []struct {
		sum  *sim.Summary
		err  error
		want int
	}{
		{sim.NewSummary(), nil, command.Held},
		{broken, nil, command.Violated},
		{broken, errors.New("disk full"), command.Violated},
		{sim.NewSummary(), errors.New("disk full"), command.Undecided},
		{mild, nil, command.Undecided},
	} {
		var errs bytes.Buffer
		if got := verdict(c.sum, c.err, &errs); got != c.want || (got == command.Undecided) != (errs.Len() > 0) {
			t.Errorf("%v, %v: %d, want %d: %s", c.sum, c.err, got, c.want, &errs)
		}
	}
	if worse(command.Undecided, command.Violated) != command.Violated || worse(command.Undecided, command.Held) != command.Undecided {
		t.Error("a violation is not the worst, or the best is taken")
	}
}

// The program as it is: package testing is in it without go test.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "simrun")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	result, trace := filepath.Join(dir, "1.json"), filepath.Join(dir, "trace")
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"-seeds 1 -hours 0.02 -trace " + trace, command.Held, "on redis:\n1 seeds"},
		{"-store register -seeds 1 -hours 0.02 -result " + result, command.Held, "on register:\n1 seeds"},
		{"-store register -seeds 3 -hours 0.02 -result " + result, command.Held, "on register:\n3 seeds"}, // goes on
		{"-store register -seeds 1 -from 9 -result " + result, command.Undecided, "from seed 1, not 9"},
		{"-store register -seeds 1 -trace " + dir, command.Undecided, "directory"},
		{"-store register -seeds 100000 -for 1ns -hours 0.02", command.Held, "\n1 seeds"},
		{"-store register -seeds 1 -hours 0.02 -model", command.Held, "0 seeds refused"},
		{"-sum " + result + " " + result, command.Held, `"Seeds":6`},
		{"-sum " + trace, command.Undecided, "adding up"},
		{"-store disk", command.Usage, "give register or redis"},
	} {
		cmd := exec.CommandContext(t.Context(), program, strings.Fields(c.args)...)
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState == nil {
			t.Fatal(err)
		}
		if got := cmd.ProcessState.ExitCode(); got != c.code || !strings.Contains(string(out), c.says) {
			t.Errorf("%s: code %d, want %d with %q:\n%s", c.args, got, c.code, c.says, out)
		}
	}
	if b, err := os.ReadFile(trace); err != nil || len(b) == 0 {
		t.Error("no trace", err)
	}
}
