package main

import (
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/incumbent/internal/demo/demotest"
	"example.com/incumbent/internal/redistest"
)

func TestMain(m *testing.M) { demotest.Main(m) }

// What a newcomer sees: the instance that refreshes crashes, the others serve what they have, and
// one of them goes on. Nobody was without an entry, nor asked the source besides.
func TestDemonstration(t *testing.T) {
	t.Parallel()
	p := demotest.Start(t, "-every", "500ms")
	p.AwaitText(`(?s)leads, in term.*CRASHES.*leads, in term.*refreshed.*served \d+ reads; the entry is \d+ ms old, from [ABC]`)
	p.Signal(syscall.SIGTERM)
	if code := p.Exit(); code != 0 {
		t.Errorf("exit code %d, want 0:\n%s", code, p.Stderr())
	}
	p.AwaitText(`\d+ reads, 0 without an entry, 0 of an expired one; \d+ fetches in .*s, one each 500ms and [12] in vain`)
	if !strings.Contains(p.Stderr(), "TRYING OUT") {
		t.Error("nothing says that this is not a real Redis")
	}
}

// Three processes, as in three terminals. The one that refreshes is killed, and another goes on.
func TestKillingTheRefresher(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	demotest.Vacate(t, s.Addr(), "cache-refresh")
	var all []*demotest.Process
	for range 3 {
		all = append(all, demotest.Start(t, "-redis", s.URL(), "-lease", "2s", "-every", "500ms"))
	}
	for _, p := range all {
		p.AwaitText(`served [1-9]\d* reads`)
	}
	leads := regexp.MustCompile(`leads, in term`)
	first := slices.IndexFunc(all, func(p *demotest.Process) bool { return leads.MatchString(p.Stdout()) })
	if first < 0 {
		t.Fatal("entries, and nobody refreshes")
	}
	all[first].Kill()
	all = slices.Delete(all, first, first+1)
	next := ""
	for ; next == ""; <-time.After(10 * time.Millisecond) {
		for _, p := range all {
			if leads.MatchString(p.Stdout()) {
				p.AwaitText(`(?s)leads, in term.*refreshed`)
				line := regexp.MustCompile(`(\S+)  leads, in term`).FindStringSubmatch(p.Stdout())
				next = line[1]
			}
		}
	}
	for _, p := range all {
		p.AwaitText(`old, from ` + next)
		p.Signal(syscall.SIGTERM)
		if code := p.Exit(); code != 0 {
			t.Errorf("exit code %d, want 0:\n%s", code, p.Stderr())
		}
	}
}

func TestWhatItRefuses(t *testing.T) {
	t.Parallel()
	for says, args := range map[string][]string{
		"2: -every from 10ms":        {"-every", "1ms"},
		"2: candidates 1 to 100":     {"-candidates", "101"},
		"2: give flags only":         {"stray"},
		"2: give an address such as": {"-redis", "http://user:secret@localhost"},
		"2: lease 1s is outside":     {"-lease", "1s"},
		"1: nothing listens on":      {"-redis", "redis://user:secret@127.0.0.1:1"},
	} {
		p := demotest.Start(t, args...)
		if code := p.Exit(); string(rune('0'+code)) != says[:1] || !strings.Contains(p.Stderr(), says[3:]) || strings.Contains(p.Stderr(), "secret") {
			t.Errorf("%v: exit code %d:\n%s", args, code, p.Stderr())
		}
	}
}

// cache-refresh | head stops in order when head has read enough: leadership is released.
func TestNobodyReadsStdout(t *testing.T) {
	t.Parallel()
	m := demotest.Redis(t)
	demotest.Vacate(t, m.Addr(), "cache-refresh")
	p := demotest.Start(t, "-redis", "redis://"+m.Addr())
	p.AwaitText("refreshed")
	p.CloseStdout()
	if code := p.Exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	if record, err := m.Get("incumbent:{cache-refresh}"); !strings.HasPrefix(record, "1 V ") {
		t.Errorf("record %q (%v), want it vacant", record, err)
	}
}

// The example is one file that anybody can copy: it builds in a module outside of this
// repository, and says what is wrong.
func TestItCanBeCopied(t *testing.T) {
	t.Parallel()
	if out, err := exec.CommandContext(t.Context(), demotest.BuildCopy(t), "-for", "1s").CombinedOutput(); err != nil {
		t.Errorf("%v, after printing\n%s", err, out)
	}
}
