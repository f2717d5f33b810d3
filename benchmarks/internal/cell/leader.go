package cell

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"

	"example.com/incumbent/benchmarks/internal/host"
	"example.com/incumbent/benchmarks/internal/peer"
	"example.com/incumbent/benchmarks/internal/role"
)

// candidacy is what a process that is to be killed does.
type candidacy struct {
	Spec     Spec
	Election string
}

// leading is what it writes once it leads.
const leading = "leading"

// leader is a process that leads.
type leader struct {
	cmd  *exec.Cmd
	once sync.Once
}

// startLeader starts a process that leads an election, and returns when it does.
func startLeader(ctx context.Context, s Spec, election string) (*leader, error) {
	cmd, err := role.Command(role.Leader, candidacy{s, election})
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := host.Start(cmd, -1); err != nil { // it inherits what this process is bound to
		return nil, err
	}
	l := &leader{cmd: cmd}
	defer context.AfterFunc(ctx, l.kill)()
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != leading+"\n" {
		l.kill()
		return nil, fmt.Errorf("the process that should lead %s said %q: %w", election, line, errors.Join(err, context.Cause(ctx)))
	}
	return l, nil
}

// kill ends the process as a crash does, and waits until it is gone.
func (l *leader) kill() {
	l.once.Do(func() {
		_ = l.cmd.Process.Kill() // an error says that it has ended already
		_ = l.cmd.Wait()
	})
}

// lead reads a candidacy from stdin, leads, says so, and goes on until it is
// killed.
func lead(ctx context.Context) error {
	c, err := role.Orders[candidacy]()
	if err != nil {
		return err
	}
	figure, err := FindFigure(c.Spec.Figure)
	if err != nil {
		return err
	}
	system, err := peer.Find(c.Spec.System)
	if err != nil {
		return err
	}
	node, err := system.Open(c.Spec.Target(figure.Lease))
	if err != nil {
		return err
	}
	return node.Lead(ctx, c.Election, func() { fmt.Fprintln(os.Stdout, leading) })
}
