package main

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"example.com/incumbent/internal/demo/demotest"
)

var signals = map[string]syscall.Signal{"interrupt": syscall.SIGINT, "terminate": syscall.SIGTERM}

// A run that is under way ends before the process does.
func TestOrderlyStop(t *testing.T) {
	t.Parallel()
	for name, signal := range signals {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := demotest.Start(t, "-json")
			p.AwaitEvent("done")
			p.AwaitEvent("run")
			began := time.Now()
			p.Signal(signal)
			if code := p.Exit(); code != 0 {
				t.Errorf("exit code %d, want 0", code)
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("stopping took %v", took)
			}
			demotest.CheckStory(t, p.Events())
			demotest.CheckDueTimes(t, time.Second, p.Events())
		})
	}
}

// leading returns a process that leads on a server of its own.
func leading(t *testing.T, lease string) (*demotest.Process, *miniredis.Miniredis) {
	t.Helper()
	m := demotest.Redis(t)
	demotest.Vacate(t, m.Addr(), "scheduler")
	p := demotest.Start(t, "-redis", "redis://"+m.Addr(), "-lease", lease, "-json")
	p.AwaitEvent("run")
	return p, m
}

func TestStopWithoutRedis(t *testing.T) {
	t.Parallel()
	p, m := leading(t, "2s")
	m.Close()
	p.Signal(syscall.SIGTERM)
	if code := p.Exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	demotest.CheckStory(t, p.Events())
	if !strings.Contains(p.Stdout(), "release_failed: wait ") {
		t.Error("nothing says how long others have to wait")
	}
}

func TestStopStandingByWithoutRedis(t *testing.T) {
	t.Parallel()
	_, m := leading(t, "15s")
	p := demotest.Start(t, "-redis", "redis://"+m.Addr(), "-json")
	p.AwaitEvent("standby")
	m.Close()
	p.Signal(syscall.SIGINT)
	if code := p.Exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	demotest.CheckStory(t, p.Events())
}

// The first signal begins a stop that takes 5 s, since the release gets no answer. The
// second one ends the process at once; a shell shows 130 or 143.
func TestSecondSignal(t *testing.T) {
	t.Parallel()
	for name, signal := range signals {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, m := leading(t, "15s")
			m.Close()
			p.Signal(signal)
			p.AwaitEvent("revoked")
			p.Signal(signal)
			if code := p.Exit(); code != -1 {
				t.Errorf("exit code %d, want an end by the signal", code)
			}
		})
	}
}

// scheduler | head stops in order when head has read enough: leadership is released.
func TestNobodyReadsStdout(t *testing.T) {
	t.Parallel()
	p, m := leading(t, "15s")
	p.CloseStdout()
	if code := p.Exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	if record, err := m.Get("incumbent:{scheduler}"); !strings.HasPrefix(record, "1 V ") {
		t.Errorf("record %q (%v), want it vacant", record, err)
	}
}
