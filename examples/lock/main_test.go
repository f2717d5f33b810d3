package main

import (
	"os/exec"
	"regexp"
	"testing"

	"github.com/alicebob/miniredis/v2"

	"example.com/incumbent/internal/demo/demotest"
)

func TestMain(m *testing.M) { demotest.Main(m) }

// What a newcomer sees: each part counts what it promises, and the sale sells what there is.
func TestDemonstration(t *testing.T) {
	t.Parallel()
	p := demotest.Start(t)
	if code := p.Exit(); code != 0 {
		t.Errorf("exit code %d, want 0:\n%s", code, p.Stderr())
	}
	for _, want := range []string{
		`order-4711  20 callers shipped, at most 1 at a time`,
		`geo-api     20 callers called, at most 5 at a time; the sixth got: .*held by`,
		`payment     20 requests, charged 1 time\(s\), 1 receipt;.* fingerprint`,
		`flash sale  500 callers in 5 processes: 100 of 100 pieces sold, 0 left; 500 calls in .* p50 .* p99`,
	} {
		p.AwaitText(want)
	}
}

// On a Redis that somebody else started the first lock ever waits for a lease: nothing there
// says who held what. Once that is over, locks are free at once.
func TestOnARedis(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	server.HSet("incumbent:{shop}:space", "e", "1 O 5000 AAAAAAAAAAAAAAAA 1796000000.0")
	p := demotest.Start(t, "-redis", "redis://"+server.Addr())
	if code := p.Exit(); code != 0 {
		t.Errorf("exit code %d, want 0:\n%s", code, p.Stderr())
	}
	p.AwaitText(`100 of 100 pieces sold, 0 left`)
	fields, err := server.HKeys("incumbent:{shop}:space")
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range fields {
		if regexp.MustCompile(`^[lw]:`).MatchString(field) {
			t.Errorf("field %q is left", field)
		}
	}
}

// The example is one file that anybody can copy: it builds in a module outside of this
// repository, and runs as it says.
func TestLockCanBeCopied(t *testing.T) {
	t.Parallel()
	if out, err := exec.CommandContext(t.Context(), demotest.BuildCopy(t)).CombinedOutput(); err != nil {
		t.Errorf("%v, after printing\n%s", err, out)
	}
}
