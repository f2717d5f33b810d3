package main

import (
	"regexp"
	"strings"
	"syscall"
	"testing"

	"example.com/incumbent/internal/demo/demotest"
)

func TestThreeCandidatesOnTheStandIn(t *testing.T) {
	t.Parallel()
	p := demotest.Start(t, "-for", "8s", "-json")
	if code := p.Exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	events := p.Events()
	demotest.CheckStory(t, events)
	count := map[string]int{}
	for _, e := range events {
		count[e.Event]++
	}
	if count["started"] != 3 || count["elected"] < 1 || count["tick"] < 3 {
		t.Errorf("want 3 candidates, a term and 3 ticks at least: %v", count)
	}
	if !strings.Contains(p.Stderr(), "TRYING OUT") {
		t.Error("nothing says that this is not a real Redis")
	}
}

// The changes are forced in turn, each some time after an election.
func TestForcedChanges(t *testing.T) {
	t.Parallel()
	p := demotest.Start(t, "-json")
	p.Await("a handover", func(e demotest.Event) bool { return e.Cause == "step_down" })
	after := p.AwaitEvent("elected")
	if after.GapMS == nil {
		t.Error("the successor of a leader that stepped down knows how long nobody led")
	}
	cut := p.Await("a leader that is cut off", func(e demotest.Event) bool { return e.Cause == "expired" })
	successor := p.AwaitEvent("elected")
	if successor.Candidate == cut.Candidate {
		t.Error("who was cut off leads again")
	}
	if successor.GapMS != nil {
		t.Error("nobody can know since when a silent leader led no more")
	}
	p.Await("healing", func(e demotest.Event) bool { return e.Event == "standby" && e.Candidate == cut.Candidate })
	p.Signal(syscall.SIGTERM)
	if code := p.Exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	demotest.CheckStory(t, p.Events())
}

func TestCalm(t *testing.T) {
	t.Parallel()
	p := demotest.Start(t, "-calm", "-for", "7s", "-every", "100ms", "-json")
	if code := p.Exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	demotest.CheckStory(t, p.Events())
	for _, e := range p.Events() {
		if e.Event == "revoked" && e.Cause == "step_down" {
			t.Error("a change was forced all the same")
		}
	}
}

// What a newcomer sees.
func TestForPeople(t *testing.T) {
	t.Parallel()
	p := demotest.Start(t)
	p.AwaitText(`(?m)  elected   term \d+   after .* ms with nobody$`)
	p.Signal(syscall.SIGTERM)
	if code := p.Exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	for _, want := range []string{
		`^candidates A, B, C   election "scheduler"   lease 3s: takeover 2\.5s to 3\.1s after a crash \(3\.9s at worst\)`,
		`(?m)^\d\d:\d\d:\d\d\.\d{3}  [ABC]  elected   term \d+$`,
		`(?m)^\d\d:\d\d:\d\d\.\d{3}  [ABC]  tick #1   term \d+$`,
		`(?m)^\d\d:\d\d:\d\d\.\d{3}  [ABC]  asked to step down$`,
		`(?m)  revoked   term \d+   step_down: draining; work stopped (at once|in .*)$`,
		`(?m)  revoked   term \d+   draining; work stopped (at once|in .*)$`,
		`(?m)  stopped   leadership is released$`,
	} {
		if !regexp.MustCompile(want).MatchString(p.Stdout()) {
			t.Errorf("nothing matches %s", want)
		}
	}
	if !regexp.MustCompile(`(?m)^TRYING OUT: .* 127\.0\.0\.1:\d+ .*$`).MatchString(p.Stderr()) {
		t.Error("nothing says that this is not a real Redis")
	}
}

// fx gives a stop 15 s unless it is told that more may be needed.
func TestLongestLease(t *testing.T) {
	t.Parallel()
	p := demotest.Start(t, "-lease", "24h", "-for", "500ms", "-json")
	if code := p.Exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	if strings.Contains(p.Stderr(), "less time to stop") {
		t.Error("fx may abandon the stop")
	}
	demotest.CheckStory(t, p.Events())
}
