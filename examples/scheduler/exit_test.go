package main

import (
	"errors"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/demo/demotest"
	"example.com/incumbent/internal/redistest"
	"example.com/incumbent/schedule"
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

// The rights that an election needs are not enough for a ledger; those that the documents
// name are, and readers need fewer.
func TestRights(t *testing.T) {
	t.Parallel()
	var users []string
	for _, page := range []string{"operations", "schedules"} {
		text, err := os.ReadFile("../../docs/" + page + ".md")
		if err != nil {
			t.Fatal(err)
		}
		for _, user := range regexp.MustCompile(`(?m)^ACL SETUSER (leader|scheduler|reader) reset (.*)$`).FindAllStringSubmatch(string(text), -1) {
			users = append(users, "--user", user[1])
			users = append(users, strings.Fields(strings.Replace(user[2], ">SECRET", ">secret", 1))...)
		}
	}
	s := redistest.Start(t, append(users, "--requirepass", "secret")...)
	p := demotest.Start(t, "-redis", "redis://leader:secret@"+s.Addr(), "-lease", "2s", "-json")
	checkFailure(t, p, 1, "grant the missing right")
	demotest.CheckStory(t, p.Events())
	p = demotest.Start(t, "-redis", "redis://scheduler:secret@"+s.Addr(), "-lease", "2s", "-json")
	p.AwaitEvent("done")

	conn, err := election.ConnectURL("redis://reader:secret@"+s.Addr(), election.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	e, err := conn.Elector(election.Config{Name: "scheduler"})
	if err != nil {
		t.Fatal(err)
	}
	jobs, err := schedule.NewLedger(e).Jobs(t.Context())
	if err != nil || len(jobs) != 1 || jobs[0].Job != "job" {
		t.Errorf("%+v, %v", jobs, err)
	}
	if lines, err := schedule.NewLedger(e).History(t.Context(), "job", 0); err != nil || len(lines) == 0 {
		t.Errorf("%+v, %v", lines, err)
	}
	if err := schedule.NewLedger(e).Trigger(t.Context(), "job", ""); !errors.Is(err, election.ErrDenied) {
		t.Errorf("a reader asks for a run: %v", err)
	}
}
