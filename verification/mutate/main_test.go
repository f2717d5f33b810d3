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
		{"-h", command.Held, "go run -C verification ./mutate -parallel 2"},
		{"-nonsense", command.Usage, "not defined"},
		{"trust", command.Usage, `"trust" is no flag`},
		{"-run (", command.Usage, "missing closing )"},
		{"-parallel 0", command.Usage, "positive"},
		{"-hours 0", command.Usage, "positive"},
		{"-seeds -1", command.Usage, "not negative"},
	} {
		var out bytes.Buffer
		code := run(strings.Fields(c.args), &out, &out)
		if code != c.code || !strings.Contains(out.String(), c.says) {
			t.Errorf("%s: code %d, want %d with %q:\n%s", c.args, code, c.code, c.says, out.String())
		}
	}
}
