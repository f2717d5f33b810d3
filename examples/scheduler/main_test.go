package main

import (
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/incumbent/internal/demo/demotest"
)

func TestMain(m *testing.M) { demotest.Main(m) }

// What a newcomer sees: the leader crashes in the middle of a run, and the next one is
// restarted. No due time is missed, none is done twice, and the program says so.
func TestDemonstration(t *testing.T) {
	t.Parallel()
	p := demotest.Start(t, "-json")
	for _, next := range []string{"crashed", "elected", "revoked", "elected", "done"} {
		p.AwaitEvent(next)
	}
	p.Signal(syscall.SIGTERM)
	if code := p.Exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	events := p.Events()
	demotest.CheckStory(t, events)
	demotest.CheckDueTimes(t, time.Second, events)
	count := map[string]int{}
	var crashed, again demotest.Event
	late, afterCrash := 0, false
	for _, e := range events {
		count[e.Event]++
		switch {
		case e.Event == "crashed" && !afterCrash:
			crashed, afterCrash = e, true
		case e.Event == "run" && afterCrash && again.Event == "":
			again = e
		case e.Event == "run" && e.LateMS >= 1000:
			late++
		}
	}
	if count["started"] < 3 || count["elected"] < 3 || count["crashed"] < 1 || count["revoked"] < 2 {
		t.Errorf("want 3 candidates, a crash and a restart: %v", count)
	}
	if again.Candidate == crashed.Candidate || !again.Due.Equal(crashed.Due) || again.Attempt != crashed.Attempt+1 {
		t.Errorf("a crash in the run %+v, and then the run %+v", crashed, again)
	}
	if late < 1 {
		t.Error("nothing was caught up")
	}
	last := events[len(events)-1]
	if last.Event != "counted" || last.Runs != count["done"] || last.Missed+last.Doubled > 0 {
		t.Errorf("the count is %+v", last)
	}
	if !strings.Contains(p.Stderr(), "TRYING OUT") {
		t.Error("nothing says that this is not a real Redis")
	}
}

func TestForPeople(t *testing.T) {
	t.Parallel()
	p := demotest.Start(t)
	const begin = `(?m)^\d\d:\d\d:\d\d\.\d{3}  [ABC]  `
	for _, want := range []string{
		begin + `leads, in term \d+$`,
		begin + `stands by: [ABC] leads$`,
		begin + `runs what is due at \d\d:\d\d:\d\d, \d+ms late, attempt 1$`,
		begin + `has run what was due at \d\d:\d\d:\d\d$`,
		begin + `CRASHES in the middle of that run$`,
		begin + `runs what is due at \d\d:\d\d:\d\d, [\d.]+s late, attempt 2$`,
	} {
		p.AwaitText(want)
	}
	p.Signal(syscall.SIGTERM)
	if code := p.Exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	p.AwaitText(begin + `has stopped$`)
	p.AwaitText(`  all  \d+ due times were run, 0 missed, 0 doubled$`)
}

// One candidate alone is left in peace.
func TestOneCandidate(t *testing.T) {
	t.Parallel()
	p := demotest.Start(t, "-candidates", "1", "-lease", "24h", "-for", "6s", "-json")
	if code := p.Exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	demotest.CheckStory(t, p.Events())
	demotest.CheckDueTimes(t, time.Second, p.Events())
	for _, e := range p.Events() {
		if e.Event == "crashed" || e.Event == "started" && e.Candidate != "A" {
			t.Errorf("unexpected: %+v", e)
		}
	}
}

// The example is one file that anybody can copy: it builds in a module outside of this
// repository, and runs as it says.
func TestSchedulerCanBeCopied(t *testing.T) {
	t.Parallel()
	program := demotest.BuildCopy(t)
	out, err := exec.CommandContext(t.Context(), program, "-for", "3s").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "0 missed, 0 doubled") {
		t.Errorf("%v, after printing\n%s", err, out)
	}
}
