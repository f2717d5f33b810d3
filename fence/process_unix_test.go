//go:build unix

package fence_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/fence"
	"example.com/incumbent/internal/redistest"
)

// stoppedVariable has a process lead and write on the server of that address.
const stoppedVariable = "INCUMBENT_TEST_FENCE"

// A leader whose process is stopped between check and write finds, when it goes on, that
// another was elected and has written: its write is refused.
func TestAProcessThatIsStopped(t *testing.T) {
	if addr := os.Getenv(stoppedVariable); addr != "" {
		leadAndWrite(t, addr)
		return
	}
	for i, w := range writers[:3] {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t)
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAProcessThatIsStopped$")
			child.Env = append(os.Environ(), fmt.Sprintf("%s=%d %s", stoppedVariable, i, server.Addr()))
			in, err := child.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			out, err := child.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			overtake(t, w, server.Client(), child.Process, in, bufio.NewScanner(out))
			if err := child.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
}

// overtake stops the leader's process before it writes, leads, writes and lets it go on.
func overtake(t *testing.T, w writer, rdb *redis.Client, leader *os.Process, in io.Writer, out *bufio.Scanner) {
	t.Helper()
	expectLine(t, out, "checked")
	if err := leader.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	e, err := election.New(rdb, shortConfig)
	if err != nil {
		t.Fatal(err)
	}
	err = e.Lead(t.Context(), func(ctx context.Context, term election.Term) error {
		if err := w.write(ctx, rdb, term); err != nil {
			return err
		}
		_, err := io.WriteString(in, "go on\n")
		return errors.Join(err, leader.Signal(syscall.SIGCONT), awaitLine(out, "fenced"))
	})
	if err != nil {
		t.Error(err)
	}
	if n := rdb.LLen(t.Context(), list).Val(); n != 1 {
		t.Errorf("%d writes, want that of the successor", n)
	}
}

func expectLine(t *testing.T, out *bufio.Scanner, want string) {
	t.Helper()
	if err := awaitLine(out, want); err != nil {
		t.Fatal(err)
	}
}

// awaitLine reads to a line, and reports what was there instead.
func awaitLine(out *bufio.Scanner, want string) error {
	var before []string
	for out.Scan() {
		if out.Text() == want {
			return nil
		}
		before = append(before, out.Text())
	}
	return fmt.Errorf("no line %q after %q: %w", want, before, out.Err())
}

var shortConfig = election.Config{Name: "nightly", Lease: 2 * time.Second, Bootstrap: election.BootstrapImmediate}

// leadAndWrite is the process that is stopped: it waits for a line between its look at its
// context and the write.
func leadAndWrite(t *testing.T, which string) {
	var i int
	var addr string
	if _, err := fmt.Sscan(which, &i, &addr); err != nil {
		t.Fatal(err)
	}
	rdb := redis.NewClient(&redis.Options{Addr: addr})
	defer rdb.Close()
	e, err := election.New(rdb, shortConfig)
	if err != nil {
		t.Fatal(err)
	}
	_ = e.Lead(t.Context(), func(ctx context.Context, term election.Term) error {
		err := writers[i].write(ctx, waiting{rdb}, term)
		if errors.Is(err, fence.ErrFenced) {
			fmt.Println("fenced")
		} else {
			fmt.Println("not fenced:", strings.ReplaceAll(fmt.Sprint(err), "\n", " "))
		}
		return nil
	})
}

// waiting is a client that waits for a line before it sends.
type waiting struct{ redis.Scripter }

func (w waiting) EvalSha(ctx context.Context, sha string, keys []string, args ...any) *redis.Cmd {
	fmt.Println("checked")
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	return w.Scripter.EvalSha(context.WithoutCancel(ctx), sha, keys, args...)
}

// Eval follows at once.
func (w waiting) Eval(ctx context.Context, text string, keys []string, args ...any) *redis.Cmd {
	return w.Scripter.Eval(context.WithoutCancel(ctx), text, keys, args...)
}
