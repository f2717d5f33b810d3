package main

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/incumbent/internal/demo/demotest"
)

func TestMain(m *testing.M) { demotest.Main(m) }

func TestThreeInstancesOnTheStandIn(t *testing.T) {
	t.Parallel()
	p := demotest.Start(t, "-for", "8s", "-json")
	if code := p.Exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	events := p.Events()
	demotest.CheckStory(t, events)
	refreshers, served := map[string]bool{}, map[string]bool{}
	for _, e := range events {
		switch {
		case e.Event == "refreshed":
			refreshers[e.Candidate] = true
		case e.Event == "served" && *e.Hits > 0:
			served[e.Candidate] = true
			if !refreshers[e.By] || e.AgeMS == nil {
				t.Errorf("served, but who refreshed it, and when? %+v", e)
			}
		}
	}
	if len(served) != 3 {
		t.Errorf("%d instances served, want 3", len(served))
	}
}

// Leaders are changed by force, and the entry is there for every reader that can
// reach Redis.
func TestForcedChanges(t *testing.T) {
	t.Parallel()
	source := newSlowSource(t)
	p := demotest.Start(t, "-source", source.URL, "-json")
	p.AwaitEvent("refreshed")
	p.Await("a handover", func(e demotest.Event) bool { return e.Cause == "step_down" })
	cut := p.Await("a leader that is cut off", func(e demotest.Event) bool { return e.Cause == "expired" })
	p.AwaitEvent("refreshed")
	p.Await("the other serves again", func(e demotest.Event) bool {
		return e.Event == "served" && e.Candidate == cut.Candidate && *e.Hits > 0 && e.Error == ""
	})
	p.Signal(syscall.SIGTERM)
	if code := p.Exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	demotest.CheckStory(t, p.Events())
	checkNoMisses(t, p.Events())
	checkNoStampede(t, source, p.Events())
}

// checkNoMisses fails the test if a reader found nothing, once the entry was
// there.
func checkNoMisses(t *testing.T, events []demotest.Event) {
	t.Helper()
	seen := map[string]bool{} // instances that have had a second without a miss
	for _, e := range events {
		if e.Event != "served" {
			continue
		}
		if seen[e.Candidate] && e.Misses > 0 {
			t.Errorf("%d misses: %+v", e.Misses, e)
		}
		seen[e.Candidate] = seen[e.Candidate] || *e.Hits > 0
	}
}

func TestForPeople(t *testing.T) {
	t.Parallel()
	p := demotest.Start(t)
	p.AwaitText(`  served    \d+ hits   age \d+ ms, refreshed by [ABC]`)
	p.Signal(syscall.SIGTERM)
	if code := p.Exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	if !strings.Contains(p.Stdout(), "  refreshed #1 term ") {
		t.Error("nothing tells of a refresh")
	}
}

func TestWrongUsage(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"-source", ""},
		{"-source", "localhost:8080"},
		{"-source", "ftp://localhost/"},
		{"-redis", ""},
		{"-redis", "http://localhost"},
		{"-candidates", "0"},
		{"-lease", "1s"},
		{"-election", "a b"},
		{"-every", "1ms"},
		{"stray"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			p := demotest.Start(t, args...)
			checkFailure(t, p, 2, "cache-refresh -h lists all flags")
			if p.Stdout() != "" {
				t.Errorf("it began all the same: %s", p.Stdout())
			}
		})
	}
}

func TestLongestLease(t *testing.T) {
	t.Parallel()
	began := time.Now()
	p := demotest.Start(t, "-lease", "24h", "-every", "24h", "-json")
	p.AwaitEvent("refreshed")
	p.Signal(syscall.SIGTERM)
	if code := p.Exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
	demotest.CheckStory(t, p.Events())
}
