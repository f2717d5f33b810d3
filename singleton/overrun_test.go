package singleton_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/singleton"
)

// childVariable tells a process that a test started what to do.
const childVariable = "INCUMBENT_TEST_CHILD"

// stubborn is work that goes on for a minute after its context has ended.
func stubborn(ctx context.Context, _ election.Term) error {
	<-ctx.Done()
	time.Sleep(time.Minute)
	return nil
}

// TestExitOnOverrun runs itself in processes of their own, since one of them has
// to end.
func TestExitOnOverrun(t *testing.T) {
	switch os.Getenv(childVariable) {
	case "lost":
		overrunAfter(t, func(c *candidate, _ *keeping) { c.client.Cut() })
		return
	case "held":
		overrunAfter(t, func(_ *candidate, k *keeping) { k.cancel(nil) })
		return
	}
	tests := map[string]struct {
		code   int
		output string
	}{
		"lost": {singleton.ExitCode, `singleton: work of election "x", term `},
		"held": {0, "PASS"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestExitOnOverrun$")
			child.Env = append(os.Environ(), childVariable+"="+name)
			output, err := child.CombinedOutput()
			if code := child.ProcessState.ExitCode(); code != tc.code {
				t.Errorf("exit code %d (%v), want %d", code, err, tc.code)
			}
			if !strings.Contains(string(output), tc.output) {
				t.Errorf("output %q, want %q", output, tc.output)
			}
		})
	}
	if singleton.ExitCode != 70 {
		t.Errorf("ExitCode is %d, want EX_SOFTWARE", singleton.ExitCode)
	}
}

// overrunAfter ends the term of work that does not end.
func overrunAfter(t *testing.T, end func(*candidate, *keeping)) {
	bubble(t, func(w *world) {
		c := w.candidate("a", func(cfg *election.Config) { cfg.OnOverrun = singleton.ExitOnOverrun })
		k := c.keep(stubborn, singleton.Policy{})
		time.Sleep(time.Minute)
		end(c, k)
		time.Sleep(time.Minute)
		synctest.Wait()
		if err := k.stop(); err != nil {
			w.Errorf("Keep returned %v", err)
		}
	})
}

func TestExitOnOverrunDoesNothingWhileLeadershipIsKept(*testing.T) {
	singleton.ExitOnOverrun(election.Overrun{Name: "x", Overdue: time.Hour, Held: true}) // else there is no next line
}
