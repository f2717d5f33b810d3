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

// Three processes, as in three terminals. The leader is killed, and one of the
// others takes over; not too early and not too late. That one is stopped, and the
// last one takes over at once.
func TestCrashAndHandover(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	const lease = 5 * time.Second
	var all []*demotest.Process
	for range 3 {
		all = append(all, demotest.Start(t, "-redis", s.URL(), "-lease", lease.String(), "-every", "100ms", "-json"))
	}
	first, elected := demotest.AwaitLeader(t, all...)
	first.AwaitEvent("tick")
	killed := time.Now()
	first.Kill()

	all = slices.DeleteFunc(all, func(p *demotest.Process) bool { return p == first })
	second, successor := demotest.AwaitLeader(t, all...)
	demotest.CheckTakeover(t, killed, successor, heartbeat.ForLease(lease))
	if successor.GapMS != nil || successor.Term <= elected.Term {
		t.Errorf("term %d after %d, gap known: %t", successor.Term, elected.Term, successor.GapMS != nil)
	}

	all = slices.DeleteFunc(all, func(p *demotest.Process) bool { return p == second })
	second.Signal(syscall.SIGTERM)
	last := all[0].AwaitEvent("elected")
	if code := second.Exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	events := second.Events()
	demotest.CheckStory(t, events)
	if gap := last.At().Sub(events[len(events)-1].At()); gap > 2*time.Second {
		t.Errorf("a clean stop left nobody leading for %v", gap)
	}
	all[0].Signal(syscall.SIGTERM)
	if code := all[0].Exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	demotest.CheckStory(t, all[0].Events())
}

// Nobody knows of a new election whether somebody leads already.
func TestFirstStartWaitsForALease(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	p := demotest.Start(t, "-redis", s.URL(), "-lease", "2s", "-json")
	began, elected := p.AwaitEvent("started"), p.AwaitEvent("elected")
	if waited := elected.At().Sub(began.At()); waited < 2*time.Second {
		t.Errorf("elected after %v", waited)
	}
	if !strings.Contains(p.Stderr(), `first start of "scheduler" on this Redis: waiting 2s to be sure that nobody leads`) {
		t.Error("nothing says why it takes so long")
	}
}
