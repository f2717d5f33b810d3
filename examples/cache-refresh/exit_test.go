package main

import (
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"

	"example.com/incumbent/internal/demo/demotest"
	"example.com/incumbent/internal/redistest"
)

// checkFailure fails the test unless the process ends with that code and one
// sentence on stderr, which says that.
func checkFailure(t *testing.T, p *demotest.Process, code int, sentence string) {
	t.Helper()
	if got := p.Exit(); got != code {
		t.Errorf("exit code %d, want %d", got, code)
	}
	said := 0
	for line := range strings.Lines(p.Stderr()) {
		if strings.Contains(line, sentence) {
			said++
		}
	}
	if said != 1 {
		t.Errorf("%d lines say %q, want 1", said, sentence)
	}
	if strings.Contains(p.Stdout()+p.Stderr(), "secret") {
		t.Error("a password was printed")
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	p := demotest.Start(t, "-redis", "redis://user:secret@127.0.0.1:1", "-json", "-candidates", "2")
	checkFailure(t, p, 69, "cannot reach redis at 127.0.0.1:1 (connection refused); start one with: docker run -p 6379:6379 redis:8")
	demotest.CheckStory(t, p.Events())
}

func TestStillLoading(t *testing.T) {
	t.Parallel()
	m := demotest.Redis(t)
	m.SetError("LOADING Redis is loading the dataset in memory")
	p := demotest.Start(t, "-redis", "redis://"+m.Addr(), "-json")
	checkFailure(t, p, 69, `it still says "LOADING Redis is loading the dataset in memory"; try again when that is over`)
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare  func(*miniredis.Miniredis)
		code     int
		sentence string
	}{
		"no password":    {func(m *miniredis.Miniredis) { m.RequireAuth("right") }, 77, "check user and password"},
		"foreign record": {func(m *miniredis.Miniredis) { mustSet(m, "incumbent:{cache-refresh}", "theirs") }, 78, "redis-cli DEL 'incumbent:{cache-refresh}'"},
		"foreign type":   {func(m *miniredis.Miniredis) { _, _ = m.Lpush("incumbent:{cache-refresh}", "theirs") }, 78, "redis-cli TYPE 'incumbent:{cache-refresh}'"},
	} {
		t.Run(name, func(t *testing.T) {
			m := demotest.Redis(t)
			c.prepare(m)
			p := demotest.Start(t, "-redis", "redis://"+m.Addr(), "-json")
			checkFailure(t, p, c.code, c.sentence)
			demotest.CheckStory(t, p.Events())
		})
	}
}

func mustSet(m *miniredis.Miniredis, key, value string) {
	if err := m.Set(key, value); err != nil {
		panic(err)
	}
}

func TestRefusalsOfARealServer(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t, strings.Fields(`--requirepass secret
		--user reader on >secret %R~incumbent:{* -@all +get +getrange +time +ping
		--user almost on >secret ~incumbent:{* &incumbent:{* -@all +get +getrange +time +ping +eval +evalsha +publish +subscribe +unsubscribe
		--user other on >secret ~app:* &* +@all`)...)
	for name, c := range map[string]struct{ user, sentence string }{
		"wrong password":     {":notsecret", "check user and password"},
		"unknown user":       {"nobody:secret", "check user and password"},
		"may not run script": {"reader:secret", "grant the missing right"},
		"may not write":      {"almost:secret", "grant the missing right"},
		"may not use key":    {"other:secret", "grant the missing right"},
	} {
		t.Run(name, func(t *testing.T) {
			p := demotest.Start(t, "-redis", "redis://"+c.user+"@"+s.Addr(), "-json")
			checkFailure(t, p, 77, c.sentence)
		})
	}
}

func TestServerWithoutScripts(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t, "--rename-command", "EVAL", "")
	p := demotest.Start(t, "-redis", s.URL(), "-json")
	checkFailure(t, p, 78, "switch scripting on")
}

func TestDatabaseThatDoesNotExist(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	p := demotest.Start(t, "-redis", s.URL()+"/99", "-json")
	checkFailure(t, p, 78, "it has no database of that number")
}

func TestFrozenServer(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	s.Stop()
	t.Cleanup(s.Cont)
	p := demotest.Start(t, "-redis", s.URL(), "-json")
	checkFailure(t, p, 69, "cannot reach redis at "+s.Addr())
}
