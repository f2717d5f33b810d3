package demo

import (
	"context"
	"fmt"
	"testing"

	"example.com/incumbent/election"
)

// The black-box tests of the examples go through what a server may refuse.

func TestExitCodes(t *testing.T) {
	for want, err := range map[int]error{
		0:  nil,
		1:  errStub,
		69: fmt.Errorf("%w at host", errUnreachable),
		77: fmt.Errorf("no: %w", election.ErrDenied),
		78: fmt.Errorf("no: %w", election.ErrForeignRecord),
	} {
		if got := exitCode(err); got != want {
			t.Errorf("%v: exit code %d, want %d", err, got, want)
		}
	}
}

// An instance that fails takes the others along.
func TestFailingInstance(t *testing.T) {
	d, stdout, stderr := newDemo("", "-json", "-candidates", "2")
	code := d.Main(t.Context(), func(ctx context.Context, c *Candidate) error {
		if c.Name(c.ID) == "A" {
			return errStub
		}
		return asleep(ctx, c)
	})
	if code != exitFailure {
		t.Errorf("exit code %d, want 1\n%s%s", code, stdout, stderr)
	}
}

func TestEndByItself(t *testing.T) {
	d, stdout, _ := newDemo("", "-for", "10ms", "-json")
	if code := d.Main(t.Context(), asleep); code != exitOK {
		t.Errorf("exit code %d, want 0\n%s", code, stdout)
	}
}
