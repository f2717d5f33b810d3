package main

import (
	"testing"

	"example.com/incumbent/internal/demo/demotest"
	"example.com/incumbent/internal/redistest"
)

func TestMain(m *testing.M) { demotest.Main(m) }

var told = []string{
	`anna came  map\[anna:100\], 0 moved`,
	`ben came   map\[anna:50 ben:50\], 50 moved`,
	`cleo came  map\[.*\], 33 moved`,
	`dora came  map\[anna:25 ben:25 cleo:25 dora:25\], 25 moved`,
	`anna went  map\[.*\], 25 moved`,
	`ben went   map\[cleo:50 dora:50\], (33|34) moved`,
}

// What a newcomer sees. The program fails by itself if a tenant ran twice.
func TestDemonstration(t *testing.T) {
	t.Parallel()
	for _, arguments := range [][]string{nil, {"-redis", redistest.Start(t).URL()}} {
		p := demotest.Start(t, arguments...)
		if code := p.Exit(); code != 0 {
			t.Errorf("exit code %d, want 0", code)
		}
		for _, want := range told {
			p.AwaitText(want)
		}
	}
}
