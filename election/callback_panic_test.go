package election_test

// Shows a promise of Lead: a panic in a callback ends the process, without a release.

import (
	"context"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
)

// callbackVariable tells a process that a test started which callback panics, and
// redisVariable where its Redis is.
const (
	callbackVariable = "INCUMBENT_TEST_CALLBACK"
	redisVariable    = "INCUMBENT_TEST_REDIS"
	caught           = "who called Lead has recovered it\n"
)

// TestAPanicInACallbackEndsTheProcess runs itself in processes of their own. The
// panic is not swallowed, nobody can recover it, and leadership is not released.
func TestAPanicInACallbackEndsTheProcess(t *testing.T) {
	if callback := os.Getenv(callbackVariable); callback != "" {
		leadAndPanic(t, callback)
		return
	}
	for _, callback := range []string{"Observer", "OnOverrun", "Logger"} {
		t.Run(callback, func(t *testing.T) {
			t.Parallel()
			server := miniredis.RunT(t)
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAPanicInACallbackEndsTheProcess$")
			child.Env = append(os.Environ(), callbackVariable+"="+callback, redisVariable+"="+server.Addr())
			output, err := child.CombinedOutput()
			if code := child.ProcessState.ExitCode(); code != 2 || !strings.Contains(string(output), "panic: the "+callback+" fails") {
				t.Errorf("the process ended with code %d (%v), want 2 and the panic:\n%.2000s", code, err, output)
			}
			if strings.Contains(string(output), caught) {
				t.Errorf("the panic arrived at who called Lead:\n%.2000s", output)
			}
			if record, err := server.Get("incumbent:{x}"); err != nil || !strings.HasPrefix(record, "1 L ") {
				t.Errorf("record %q (%v), want leadership still held", record, err)
			}
		})
	}
}

// leadAndPanic leads until a callback panics. What is in Lead's own goroutine cannot
// recover that.
func leadAndPanic(t *testing.T, callback string) {
	defer func() {
		if recover() != nil {
			os.Stdout.WriteString(caught)
		}
	}()
	client := redis.NewClient(&redis.Options{Addr: os.Getenv(redisVariable)})
	defer client.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cfg := election.Config{Name: "x", Lease: 2 * time.Second, Bootstrap: election.BootstrapImmediate, Logger: slog.New(slog.DiscardHandler)}
	fails := func() { panic("the " + callback + " fails") }
	switch callback {
	case "Observer":
		cfg.Observer = func(ev election.Event) {
			if ev.Kind == election.KindElected {
				fails()
			}
		}
	case "OnOverrun":
		cfg.OnOverrun = func(election.Overrun) { fails() }
	case "Logger":
		cfg.Logger = slog.New(failing{fails: fails})
	}
	e, err := election.New(client, cfg)
	if err != nil {
		t.Fatal(err)
	}
	err = e.Lead(ctx, func(context.Context, election.Term) error {
		cancel()
		select {} // the process is to end meanwhile
	})
	t.Errorf("Lead returned %v", err)
}

// failing is a log handler that panics when it is told of an election.
type failing struct {
	slog.Handler
	fails func()
}

func (failing) Enabled(context.Context, slog.Level) bool { return true }

func (f failing) WithAttrs([]slog.Attr) slog.Handler { return f }

func (f failing) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "election: elected" {
		f.fails()
	}
	return nil
}
