package server

import (
	"errors"
	"os"
	"os/exec"

	"example.com/incumbent/benchmarks/internal/host"
)

// A Process is a server that runs.
type Process struct {
	Addr   string
	cmd    *exec.Cmd
	dir    string        // what it writes goes there
	exited chan struct{} // closed when it has been waited for
}

var errExited = errors.New("it exited at once")

// start starts a server that writes to a folder, which is removed with it.
func start(cmd *exec.Cmd, pin host.Pin, dir string) (*Process, error) {
	if err := host.Start(cmd, pin); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	p := &Process{cmd: cmd, dir: dir, exited: make(chan struct{})}
	go func() {
		defer close(p.exited)
		_ = cmd.Wait() // how it ended makes no difference
	}()
	return p, nil
}

// Stop ends the server and removes what it wrote.
func (p *Process) Stop() {
	_ = p.cmd.Process.Kill() // an error says that it has ended already
	<-p.exited
	_ = os.RemoveAll(p.dir) // it is in the system's folder for what may go
}
