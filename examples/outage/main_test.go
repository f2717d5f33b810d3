package main

import (
	"os/exec"
	"testing"

	"example.com/incumbent/internal/demo/demotest"
	"example.com/incumbent/internal/redistest"
)

func TestMain(m *testing.M) { demotest.Main(m) }

var told = []string{
	`waiting deadline       ben gave up: incumbent: held by another: .*"anna" since .* waited 80\dms`,
	`renewal                anna held the lock for 4(\.\d)?s, with a lease of 2s`,
	`token-checked release  anna was cut off and stopped \(incumbent: no beat .*\); ben holds term \d+ after \d+;`,
	`anna's late release freed nothing \(incumbent: .*\)`,
	`all dead, restarted    a candidate led in term \d+, all were killed, another led [\d.]+s later in term \d+`,
}

// What a newcomer sees. The program fails by itself if a count or an order is wrong.
func TestDemonstration(t *testing.T) {
	t.Parallel()
	p := demotest.Start(t)
	if code := p.Exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	for _, want := range told {
		p.AwaitText(want)
	}
}

// The same on a server.
func TestOnARedis(t *testing.T) {
	t.Parallel()
	p := demotest.Start(t, "-redis", redistest.Start(t).URL())
	if code := p.Exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	for _, want := range told {
		p.AwaitText(want)
	}
}

// The example is one file that anybody can copy: it builds outside of this repository.
func TestOutageCanBeCopied(t *testing.T) {
	t.Parallel()
	if out, err := exec.CommandContext(t.Context(), demotest.BuildCopy(t), "-h").CombinedOutput(); err != nil {
		t.Errorf("%v, after printing\n%s", err, out)
	}
}
