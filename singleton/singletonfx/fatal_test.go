package singletonfx_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"go.uber.org/fx"

	"example.com/incumbent/election"
	"example.com/incumbent/singleton"
	"example.com/incumbent/singleton/singletonfx"
)

var errBoom = errors.New("boom")

// boom is work that fails.
func boom(context.Context, election.Term) error { return errBoom }

var (
	giveUp            = policy(singleton.Policy{OnReturn: singleton.OnReturnStop})
	giveUpOnPermanent = policy(singleton.Policy{StopOnPermanent: true})
)

// What ends a worker for good shuts the app down, with a code that says what
// kind of trouble it was.
func TestFatalErrorsShutTheAppDown(t *testing.T) {
	tests := map[string]struct {
		before func(w *world)
		worker fx.Option
		code   int
		logged string
	}{
		"work failed": {
			worker: worker("x", boom, giveUp),
			code:   1, logged: "boom",
		},
		"work that makes no sense": {
			worker: worker("x", func(context.Context, election.Term) error { return fmt.Errorf("%w: no interval", election.ErrConfig) }),
			code:   78, logged: "no interval",
		},
		"foreign record": {
			before: func(w *world) { w.admin.Set(w.Context(), "incumbent:{x}", "cache", 0) },
			worker: worker("x", obey, giveUpOnPermanent),
			code:   78, logged: "redis-cli",
		},
		"no scripting": {
			before: func(w *world) { w.redis.FailCommands("ERR unknown command 'evalsha'") },
			worker: worker("x", obey, giveUpOnPermanent),
			code:   78, logged: "scripts",
		},
		"missing right": {
			before: func(w *world) { w.redis.FailCommands("NOPERM no permissions to run the 'evalsha' command") },
			worker: worker("x", obey, giveUpOnPermanent),
			code:   77, logged: "ACL",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				if tc.before != nil {
					tc.before(w)
				}
				app := w.app(tc.worker)
				select {
				case sig := <-app.Wait():
					if sig.ExitCode != tc.code {
						w.Errorf("exit code %d, want %d", sig.ExitCode, tc.code)
					}
				case <-time.After(time.Minute):
					w.Errorf("the app goes on: %q", w.journal.with(""))
				}
				if lines := w.journal.with("level=ERROR", "has failed", "election=x", tc.logged); len(lines) != 1 {
					w.Errorf("logged %q, want the reason once", w.journal.with(""))
				}
				app.RequireStop()
			})
		})
	}
}

// Without a policy nothing of that is fatal: neither failures nor what needs a
// person.
func TestByDefaultNothingShutsTheAppDown(t *testing.T) {
	bubble(t, func(w *world) {
		w.admin.Set(w.Context(), "incumbent:{foreign}", "cache", 0)
		app := w.app(worker("foreign", obey), worker("failing", boom))
		select {
		case sig := <-app.Wait():
			w.Errorf("the app was shut down: %+v", sig)
		case <-time.After(10 * time.Minute):
		}
		app.RequireStop()
	})
}

// Two that fail are one shutdown; the first code counts, and the second one's
// trouble is logged too.
func TestTwoFatalErrors(t *testing.T) {
	bubble(t, func(w *world) {
		first := func(context.Context, election.Term) error {
			time.Sleep(time.Minute) // the other is elected meanwhile
			return errBoom
		}
		later := func(ctx context.Context, _ election.Term) error {
			<-ctx.Done()
			return fmt.Errorf("later: %w", election.ErrDenied)
		}
		app := w.app(worker("a", first, giveUp), worker("b", later, giveUp))
		signals := app.Wait()
		time.Sleep(2 * time.Minute)
		if sig := <-signals; sig.ExitCode != 1 {
			w.Errorf("exit code %d, want that of the first, 1", sig.ExitCode)
		}
		for _, name := range []string{"a", "b"} {
			if lines := w.journal.with("singleton: the worker", "failed", "election="+name); len(lines) != 1 {
				w.Errorf("logged %q of %s", lines, name)
			}
		}
		if lines := w.journal.with("cannot shut down"); len(lines) != 0 {
			w.Errorf("logged %q", lines)
		}
		app.RequireStop()
	})
}

// childVariable tells a process that a test started what to do.
const childVariable = "INCUMBENT_TEST_CHILD"

// TestRunExits runs itself in processes of their own: real apps on real sockets,
// with their exit codes.
func TestRunExits(t *testing.T) {
	if how := os.Getenv(childVariable); how != "" {
		runApp(how)
		return
	}
	tests := map[string]struct {
		code   int
		output string
	}{
		"fails":   {1, "boom"},
		"denied":  {77, "WRONGPASS"},
		"foreign": {78, "redis-cli"},
		"stopped": {0, "in the end: 1 V "},
	}
	for how, tc := range tests {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestRunExits$")
			child.Env = append(os.Environ(), childVariable+"="+how)
			output, err := child.CombinedOutput()
			if code := child.ProcessState.ExitCode(); code != tc.code {
				t.Errorf("exit code %d (%v), want %d; it said\n%s", code, err, tc.code, output)
			}
			if !strings.Contains(string(output), tc.output) {
				t.Errorf("%q is missing in\n%s", tc.output, output)
			}
			if strings.Contains(string(output), "secret") {
				t.Errorf("the password stands in\n%s", output)
			}
		})
	}
}

// runApp is main of such a process.
func runApp(how string) {
	server := miniredis.NewMiniRedis()
	if err := server.Start(); err != nil {
		panic(err)
	}
	defer server.Close()
	wk := singleton.Worker{
		Election: election.Config{Name: "x", Bootstrap: election.BootstrapImmediate},
		Policy:   singleton.Policy{OnReturn: singleton.OnReturnStop, StopOnPermanent: true},
		Work:     boom,
	}
	password := ""
	switch how {
	case "denied":
		password = "secret"
		server.RequireAuth("right")
	case "foreign":
		_ = server.Set("incumbent:{x}", "cache")
	case "stopped":
		wk.Work = func(ctx context.Context, term election.Term) error {
			self, err := os.FindProcess(os.Getpid())
			if err == nil {
				err = self.Signal(os.Interrupt)
			}
			return errors.Join(err, obey(ctx, term))
		}
	}
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, nil)))
	fx.New(
		fx.Provide(func(lc fx.Lifecycle) *redis.Client {
			client := redis.NewClient(&redis.Options{Addr: server.Addr(), Password: password})
			lc.Append(fx.StopHook(client.Close))
			return client
		}),
		fx.Provide(singletonfx.AsWorker(func() singleton.Worker { return wk })),
		singletonfx.Module,
	).Run()
	record, err := server.Get("incumbent:{x}")
	fmt.Println("in the end:", record, err)
}
