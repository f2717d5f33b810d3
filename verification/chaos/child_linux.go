package chaos

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// spawner starts children from one thread that lasts as long as it does: the kernel
// ends a child when the thread is gone that started it.
type spawner struct {
	jobs chan func()
}

func newSpawner() *spawner {
	s := &spawner{jobs: make(chan func())}
	go func() {
		runtime.LockOSThread()
		for job := range s.jobs {
			job()
		}
	}()
	return s
}

func (s *spawner) close() { close(s.jobs) }

// start starts cmd so that it does not outlive this process, however that ends.
func (s *spawner) start(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Setpgid:   true, // an interrupt at the terminal is for the parent
		Pdeathsig: syscall.SIGKILL,
	}
	started := make(chan error)
	s.jobs <- func() { started <- cmd.Start() }
	return <-started
}

// child is a process of this program in another role.
type child struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	exited chan struct{} // closed when it has been waited for
	died   time.Duration // when that was
}

// startChild starts a program as r, this one if it is empty. What it says goes to the file.
func (s *spawner) startChild(program string, r role, output string) (*child, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	if program == "" {
		if program, err = os.Executable(); err != nil {
			return nil, err
		}
	}
	out, err := os.Create(output)
	if err != nil {
		return nil, err
	}
	defer out.Close() // the child has its own copy
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), roleVariable+"="+string(text))
	cmd.Stdout, cmd.Stderr = out, out
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := s.start(cmd); err != nil {
		return nil, err
	}
	c := &child{cmd: cmd, stdin: stdin, exited: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // how it ended is in its state
		c.died = monotonic()
		close(c.exited)
	}()
	return c, nil
}

// tell writes a word to its standard input.
func (c *child) tell(word string) { _, _ = io.WriteString(c.stdin, word+"\n") }

func (c *child) signal(sig syscall.Signal) { _ = c.cmd.Process.Signal(sig) }

// kill ends it at once, stopped or not, and returns when it is gone.
func (c *child) kill() {
	_ = c.cmd.Process.Kill()
	<-c.exited
}

// gone reports whether it has ended.
func (c *child) gone() bool {
	select {
	case <-c.exited:
		return true
	default:
		return false
	}
}

// await waits until it has ended, for at most d.
func (c *child) await(d time.Duration) error {
	select {
	case <-c.exited:
		return nil
	case <-time.After(d):
		return errors.New("chaos: a process did not end in time")
	}
}

// status says how it ended.
func (c *child) status() string { return fmt.Sprint(c.cmd.ProcessState) }
