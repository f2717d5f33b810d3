//go:build unix

package realserver_test

// Shows the bound of Config.Stall: a process that lives and does nothing is succeeded.

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/redistest"
)

// A leader hangs in a process of its own. From its last report on, another leads within the
// stall, the grace and a failover.
func TestALeaderThatHangsIsSucceeded(t *testing.T) {
	t.Parallel()
	for how, in := range map[string]string{"mutex": "realserver_test.waitsForAMutex+", "spin": "realserver_test.spins+", "stop": ""} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			for range redistest.Either(1, 10) {
				hangAndSucceed(t, how, in)
			}
		})
	}
}

func hangAndSucceed(t *testing.T, how, in string) {
	o := newArena(t)
	c := o.startChild(how)
	b := o.candidate("b")
	next := b.lead()
	if leader := b.event(election.KindStandby).Leader.ID; leader != "child" {
		t.Fatalf("%q leads, want the child", leader)
	}
	if how == "stop" {
		c.signal(syscall.SIGSTOP)
	} else {
		o.admin("SET", hangNow, 1)
	}
	next.begun()
	timing := b.Timing()
	last, err := o.server.Client().Get(t.Context(), lastProgress).Int64()
	bound := stallOfChild + timing.Grace + timing.Failover().Worst + latitude
	if took := time.Since(time.Unix(0, last)); err != nil || took > bound {
		t.Errorf("succeeded %v after the last progress (%v), want %v at most", took, err, bound)
	} else {
		t.Logf("%s: succeeded %v after the last progress", how, took)
	}
	next.goesOn()
	if how == "stop" {
		c.signal(syscall.SIGCONT)
		c.ends(o)
		if log := c.log.String(); !strings.Contains(log, "reason=expired") || !strings.Contains(log, "the child has led") {
			t.Errorf("the child that went on says\n%s", log)
		}
		return
	}
	c.signal(syscall.SIGKILL)
	c.ends(o)
	if log := c.log.String(); !strings.Contains(log, "reason=stalled") || !strings.Contains(log, in) || !strings.Contains(log, "held=false") {
		t.Errorf("the child's log lacks the end of its term, %s, or its overrun:\n%s", in, log)
	}
}

// latitude is what a busy machine may add to a bound.
const latitude = 500 * time.Millisecond

// offspring is a process that a test has started.
type offspring struct {
	t    *testing.T
	cmd  *exec.Cmd
	log  bytes.Buffer
	gone chan struct{}
}

// startChild starts one, and waits until it reports progress.
func (o *arena) startChild(mode string) *offspring {
	o.t.Helper()
	c := &offspring{t: o.t, cmd: exec.CommandContext(o.t.Context(), os.Args[0]), gone: make(chan struct{})}
	c.cmd.Env = append(os.Environ(), childMode+"="+mode, childAddr+"="+o.server.Addr())
	c.cmd.Stderr = &c.log
	if err := c.cmd.Start(); err != nil {
		o.t.Fatal(err)
	}
	go func() {
		defer close(c.gone)
		_ = c.cmd.Wait() // it may be killed
	}()
	o.t.Cleanup(func() { _ = c.cmd.Process.Kill(); <-c.gone })
	o.until("the child reports progress", func() bool { return o.admin("EXISTS", lastProgress) == "1" })
	return c
}

func (c *offspring) signal(s syscall.Signal) {
	c.t.Helper()
	if err := c.cmd.Process.Signal(s); err != nil {
		c.t.Fatal(err)
	}
}

// ends waits until the process has ended; its log may be read then.
func (c *offspring) ends(o *arena) { o.await(c.gone, "the child still runs") }
