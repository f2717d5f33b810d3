package main

import (
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/demo/demotest"
	"example.com/incumbent/internal/redistest"
)

// Three processes, as in three terminals. The leader is killed in the middle of a run, and
// one of the others takes over and runs that due time again; not too early and not too
// late. That one is stopped, and the last one takes over at once. All due times are run.
func TestCrashAndHandover(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	const lease, every = 3 * time.Second, 2 * time.Second
	var all []*demotest.Process
	for range 3 {
		all = append(all, demotest.Start(t, "-redis", s.URL(), "-lease", lease.String(), "-every", every.String(), "-json"))
	}
	first, elected := demotest.AwaitLeader(t, all...)
	first.AwaitEvent("done")
	cut := first.AwaitEvent("run") // it takes half a second
	killed := time.Now()
	first.Kill()

	all = slices.DeleteFunc(all, func(p *demotest.Process) bool { return p == first })
	second, successor := demotest.AwaitLeader(t, all...)
	demotest.CheckTakeover(t, killed, successor, heartbeat.ForLease(lease))
	if successor.Term <= elected.Term {
		t.Errorf("term %d after %d", successor.Term, elected.Term)
	}
	if again := second.AwaitEvent("run"); !again.Due.Equal(cut.Due) || again.Attempt != 2 {
		t.Errorf("killed in %+v, and then %+v", cut, again)
	}

	third := all[0]
	if third == second {
		third = all[1]
	}
	second.Signal(syscall.SIGTERM)
	last := third.AwaitEvent("elected")
	if code := second.Exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	events := second.Events()
	demotest.CheckStory(t, events)
	if gap := last.At().Sub(events[len(events)-1].At()); gap > 2*time.Second {
		t.Errorf("a clean stop left nobody leading for %v", gap)
	}
	third.AwaitEvent("done")
	third.Signal(syscall.SIGTERM)
	if code := third.Exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	demotest.CheckStory(t, third.Events())
	demotest.CheckDueTimes(t, every, slices.Concat(first.Events(), events, third.Events()))
}

// Nobody knows of a new election whether somebody leads already.
func TestFirstStartWaitsForALease(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	p := demotest.Start(t, "-redis", s.URL(), "-lease", "2s", "-json")
	began, waits, elected := p.AwaitEvent("started"), p.AwaitEvent("trouble"), p.AwaitEvent("elected")
	if waited := elected.At().Sub(began.At()); waited < 2*time.Second {
		t.Errorf("elected after %v", waited)
	}
	if !strings.Contains(waits.Text, "quarantined: wait 2s") {
		t.Errorf("nothing says why it takes so long: %+v", waits)
	}
}
