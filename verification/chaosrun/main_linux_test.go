package main

import (
	"bytes"
	"strings"
	"testing"

	"example.com/incumbent/verification/internal/command"
)

func TestFlags(t *testing.T) {
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"-h", command.Held, "go run -C verification ./chaosrun -for 2h"},
		{"-nonsense", command.Usage, "not defined"},
		{"10m", command.Usage, `"10m" is no flag`},
		{"-for 0s", command.Usage, "-for is not positive"},
		{"-candidates 0", command.Usage, "at least 1"},
		{"-lease 1ms", command.Usage, "-lease 1ms: give"},
		{"-redis-server /no/where", command.Usage, "install redis-server"},
	} {
		var out bytes.Buffer
		_, code, done := options(strings.Fields(c.args), &out, &out)
		if !done || code != c.code || !strings.Contains(out.String(), c.says) {
			t.Errorf("%s: code %d, want %d with %q:\n%s", c.args, code, c.code, c.says, out.String())
		}
	}
}

func TestFlagsAreTaken(t *testing.T) {
	var out bytes.Buffer
	o, _, done := options(strings.Fields("-for 3m -seed 7 -candidates 3 -redis-server /bin/sh -quiet"), &out, &out)
	if done || o.Seed != 7 || o.Candidates != 3 || o.For.Minutes() != 3 || o.RedisServer != "/bin/sh" || o.Progress != nil {
		t.Errorf("%+v: %s", o, out.String())
	}
}
