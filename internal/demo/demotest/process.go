package demotest

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is what a busy machine is given for anything at all.
const patience = time.Minute

// A Process is a run of the example. It is killed at the end of the test.
type Process struct {
	tb     testing.TB
	cmd    *exec.Cmd
	exited chan struct{} // closed when it has ended and its output is read
	pipe   io.Closer     // our end of its stdout

	mu     sync.Mutex
	grown  chan struct{} // closed when there is more, and replaced
	stdout []string
	stderr []string
	read   int // lines of stdout that Await has passed
}

// Start runs the example without a REDIS_URL.
func Start(tb testing.TB, args ...string) *Process {
	tb.Helper()
	p := &Process{tb: tb, cmd: exec.Command(program, args...), exited: make(chan struct{}), grown: make(chan struct{})}
	p.cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "REDIS_URL=") })
	stdout, err1 := p.cmd.StdoutPipe()
	stderr, err2 := p.cmd.StderrPipe()
	if err := errors.Join(err1, err2, p.cmd.Start()); err != nil {
		tb.Fatalf("demotest: %v", err)
	}
	p.pipe = stdout
	var reading sync.WaitGroup
	reading.Go(func() { p.collect(stdout, &p.stdout) })
	reading.Go(func() { p.collect(stderr, &p.stderr) })
	go func() {
		defer close(p.exited)
		reading.Wait()
		_ = p.cmd.Wait() // how it ended is in its state
	}()
	tb.Cleanup(func() {
		p.Kill()
		if tb.Failed() {
			tb.Logf("%s %s\nstdout:\n%s\nstderr:\n%s", p.cmd.Path, strings.Join(args, " "), p.Stdout(), p.Stderr())
		}
	})
	return p
}

func (p *Process) collect(r io.Reader, lines *[]string) {
	for s := bufio.NewScanner(r); s.Scan(); {
		p.mu.Lock()
		*lines = append(*lines, s.Text())
		close(p.grown)
		p.grown = make(chan struct{})
		p.mu.Unlock()
	}
}

// CloseStdout stops reading its stdout, as head does after some lines.
func (p *Process) CloseStdout() {
	p.tb.Helper()
	if err := p.pipe.Close(); err != nil {
		p.tb.Fatalf("demotest: closing stdout: %v", err)
	}
}

// Signal sends a signal.
func (p *Process) Signal(s syscall.Signal) {
	p.tb.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.tb.Fatalf("demotest: %v: %v", s, err)
	}
}

// Kill ends the process as a crash does, and returns when it is gone.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // an error says that it has ended already
	<-p.exited
}

// Exit waits for the end of the process and returns its exit code, which is
// negative if a signal killed it.
func (p *Process) Exit() int {
	p.tb.Helper()
	select {
	case <-p.exited:
	case <-time.After(patience):
		p.tb.Fatalf("demotest: it still runs after %v", patience)
	}
	return p.cmd.ProcessState.ExitCode()
}

// Stdout returns what was printed so far.
func (p *Process) Stdout() string { return p.text(&p.stdout) }

// Stderr returns what was printed there so far.
func (p *Process) Stderr() string { return p.text(&p.stderr) }

func (p *Process) text(lines *[]string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(*lines, "\n")
}

// Events returns all events so far.
func (p *Process) Events() []Event {
	p.tb.Helper()
	p.mu.Lock()
	lines := slices.Clone(p.stdout)
	p.mu.Unlock()
	events := make([]Event, len(lines))
	for i, line := range lines {
		events[i] = parse(p.tb, line)
	}
	return events
}
