package main

import (
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"example.com/incumbent/internal/demo/demotest"
)

var signals = map[string]struct {
	signal syscall.Signal
	code   int // of the second one
}{
	"interrupt": {syscall.SIGINT, 130},
	"terminate": {syscall.SIGTERM, 143},
}

func TestOrderlyStop(t *testing.T) {
	t.Parallel()
	for name, s := range signals {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := demotest.Start(t, "-json")
			p.AwaitEvent("refreshed")
			began := time.Now()
			p.Signal(s.signal)
			if code := p.Exit(); code != 0 {
				t.Errorf("exit code %d, want 0", code)
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("stopping took %v", took)
			}
			demotest.CheckStory(t, p.Events())
		})
	}
}

// leading returns a process that leads on a server of its own.
func leading(t *testing.T, lease string) (*demotest.Process, *miniredis.Miniredis) {
	t.Helper()
	m := demotest.Redis(t)
	demotest.Vacate(t, m.Addr(), "cache-refresh")
	p := demotest.Start(t, "-redis", "redis://"+m.Addr(), "-lease", lease, "-json")
	p.AwaitEvent("refreshed")
	return p, m
}

var namesTheGap = regexp.MustCompile(`could not release .* others wait up to \d+(\.\d+)?m?s`)

func TestStopWithoutRedis(t *testing.T) {
	t.Parallel()
	p, m := leading(t, "2s")
	m.Close()
	p.Signal(syscall.SIGTERM)
	if code := p.Exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	demotest.CheckStory(t, p.Events())
	if !namesTheGap.MatchString(p.Stderr()) {
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

// The first signal begins a stop that takes 5 s, since the release gets no
// answer.
func TestSecondSignal(t *testing.T) {
	t.Parallel()
	for name, s := range signals {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, m := leading(t, "15s")
			m.Close()
			p.Signal(s.signal)
			p.AwaitEvent("revoked")
			p.Signal(s.signal)
			if code := p.Exit(); code != s.code {
				t.Errorf("exit code %d, want %d", code, s.code)
			}
		})
	}
}

func TestStopDuringTheCheck(t *testing.T) {
	t.Parallel()
	p := demotest.Start(t, "-redis", "redis://127.0.0.1:1", "-json")
	p.AwaitEvent("started")
	p.Signal(syscall.SIGTERM)
	if code := p.Exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	demotest.CheckStory(t, p.Events())
}

// cache-refresh | head stops in order when head has read enough: leadership is released.
func TestNobodyReadsStdout(t *testing.T) {
	t.Parallel()
	p, m := leading(t, "15s")
	p.CloseStdout()
	if code := p.Exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	if record, err := m.Get("incumbent:{cache-refresh}"); !strings.HasPrefix(record, "1 V ") {
		t.Errorf("record %q (%v), want it vacant", record, err)
	}
}

// Who ends by -for before Redis has answered says what the trouble was.
func TestEndDuringTheCheck(t *testing.T) {
	t.Parallel()
	m := demotest.Redis(t)
	loading := demotest.Redis(t)
	loading.SetError("LOADING Redis is loading the dataset in memory")
	for name, c := range map[string]struct{ url, sentence string }{
		"away":    {"redis://user:secret@127.0.0.1:1", "cannot reach redis at 127.0.0.1:1 (connection refused)"},
		"no TLS":  {"rediss://user:secret@" + m.Addr(), "cannot reach redis at " + m.Addr() + " ("},
		"loading": {"redis://" + loading.Addr(), "is loading the dataset"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := demotest.Start(t, "-redis", c.url, "-json", "-for", "2s")
			checkFailure(t, p, 69, c.sentence)
			demotest.CheckStory(t, p.Events())
		})
	}
}
