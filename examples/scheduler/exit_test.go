package main

import (
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"

	"example.com/incumbent/internal/demo/demotest"
	"example.com/incumbent/internal/redistest"
)

func TestWrongUsage(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"-redis=":                   "-h lists all flags",
		"-redis http://secret@host": "-h lists all flags",
		"-candidates -1":            "-candidates 1 to 100",
		"-candidates 101":           "-candidates 1 to 100",
		"-lease 1s":                 "2s to 24h",
		"-every 10ms":               "at least 1s",
		"-for -1s":                  "-for 0 or more",
		"-election :{}":             "1 to 128 characters",
		"-calm":                     "not defined: -calm",
		"stray":                     "give flags only",
	} {
		t.Run(args, func(t *testing.T) {
			p := demotest.Start(t, strings.Fields(args)...)
			checkFailure(t, p, 2, want)
			if p.Stdout() != "" {
				t.Errorf("it began all the same: %s", p.Stdout())
			}
		})
	}
}

// checkFailure fails the test unless the process ends with that code, and says that on stderr.
func checkFailure(t *testing.T, p *demotest.Process, code int, want string) {
	t.Helper()
	if got := p.Exit(); got != code {
		t.Errorf("exit code %d, want %d", got, code)
	}
	if !strings.Contains(p.Stderr(), want) {
		t.Errorf("nothing says %q", want)
	}
	if strings.Contains(p.Stdout()+p.Stderr(), "secret") {
		t.Error("a password was printed")
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	p := demotest.Start(t, "-h")
	for _, name := range []string{"redis", "candidates", "election", "lease", "every", "for", "json"} {
		checkFailure(t, p, 0, "\n  -"+name)
	}
}

// What waiting would not mend ends the program with one sentence.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare func(*miniredis.Miniredis)
		want    string
	}{
		"no password":    {func(m *miniredis.Miniredis) { m.RequireAuth("right") }, "NOAUTH"},
		"foreign record": {func(m *miniredis.Miniredis) { _ = m.Set("incumbent:{scheduler}", "theirs") }, "incumbent:{scheduler}"},
		"foreign ledger": {func(m *miniredis.Miniredis) {
			demotest.Vacate(t, m.Addr(), "scheduler")
			_ = m.Set("incumbent:{scheduler}:ledger", "theirs")
		}, "redis-cli TYPE 'incumbent:{scheduler}:ledger'"},
	} {
		t.Run(name, func(t *testing.T) {
			m := demotest.Redis(t)
			c.prepare(m)
			p := demotest.Start(t, "-redis", "redis://"+m.Addr(), "-json")
			checkFailure(t, p, 1, c.want)
			demotest.CheckStory(t, p.Events())
		})
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	p := demotest.Start(t, "-redis", "redis://user:secret@127.0.0.1:1", "-json", "-candidates", "2")
	checkFailure(t, p, 1, "nothing listens on 127.0.0.1:1")
	demotest.CheckStory(t, p.Events())
}

// The rights that an election needs are not enough for a ledger.
func TestMissingRights(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t, strings.Fields(`--requirepass secret
		--user leader on >secret ~incumbent:{* &incumbent:{* -@all +get +getrange +set +time +ping +eval +evalsha +publish +subscribe +unsubscribe
		--user scheduler on >secret ~incumbent:{* &incumbent:{* -@all +get +getrange +set +time +ping +eval +evalsha +publish +subscribe +unsubscribe +hget +hset +hdel +hlen +hgetall +lpush +ltrim +lrange +del`)...)
	p := demotest.Start(t, "-redis", "redis://leader:secret@"+s.Addr(), "-lease", "2s", "-json")
	checkFailure(t, p, 1, "grant the missing right")
	demotest.CheckStory(t, p.Events())
	p = demotest.Start(t, "-redis", "redis://scheduler:secret@"+s.Addr(), "-lease", "2s", "-json")
	p.AwaitEvent("done")
}
