package chaos

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	startTimeout = 20 * time.Second
	startPoll    = 10 * time.Millisecond
	startTries   = 5
)

// server is a redis-server of ours, on a free loopback port and with a folder of its
// own. It is never one that was found running.
type server struct {
	spawn  *spawner
	binary string
	dir    string
	port   int

	cmd    *exec.Cmd
	exited chan struct{}
}

// memory is what a server is to remember across a restart.
type memory string

// The kinds of memory.
const (
	forgets  memory = "nothing"
	snapshot memory = "the last snapshot"
	appends  memory = "every write"
)

var errServerExited = errors.New("chaos: the redis-server ended at once")

func startServer(s *spawner, binary, dir string) (*server, error) {
	r := &server{spawn: s, binary: binary, dir: dir}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	var err error
	for range startTries { // somebody else may take the port before our server does
		if r.port, err = freePort(); err != nil {
			return nil, err
		}
		if err = r.start(forgets); !errors.Is(err, errServerExited) {
			break
		}
	}
	return r, err
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func (r *server) addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(r.port)) }

// start starts the process and returns when it answers.
func (r *server) start(m memory) error {
	if err := r.clean(m); err != nil {
		return err
	}
	appendOnly := "no"
	if m == appends {
		appendOnly = "yes"
	}
	r.cmd = exec.Command(r.binary, "--port", strconv.Itoa(r.port), "--bind", "127.0.0.1", "--dir", r.dir,
		"--save", "", "--appendonly", appendOnly, "--appendfsync", "always", "--lua-time-limit", "50",
		"--logfile", filepath.Join(r.dir, "redis.log"))
	if err := r.spawn.start(r.cmd); err != nil {
		return err
	}
	r.exited = make(chan struct{})
	go func(cmd *exec.Cmd, exited chan struct{}) {
		_ = cmd.Wait() // how it ended is in its log
		close(exited)
	}(r.cmd, r.exited)
	return r.awaitReady()
}

// clean removes what the server is not to remember.
func (r *server) clean(m memory) error {
	if m != snapshot {
		if err := os.RemoveAll(filepath.Join(r.dir, "dump.rdb")); err != nil {
			return err
		}
	}
	if m != appends {
		return os.RemoveAll(filepath.Join(r.dir, "appendonlydir"))
	}
	return nil
}

func (r *server) awaitReady() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	tick := time.NewTicker(startPoll)
	defer tick.Stop()
	for {
		err := r.probe(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-r.exited:
			return errServerExited
		case <-ctx.Done():
			return fmt.Errorf("chaos: the redis-server does not answer within %v: %w", startTimeout, err)
		}
	}
}

// probe returns nil if the server answers, and is ours.
func (r *server) probe(ctx context.Context) error {
	c, err := net.DialTimeout("tcp", r.addr(), time.Second)
	if err != nil {
		return err
	}
	_ = c.Close()
	client := redis.NewClient(&redis.Options{Addr: r.addr(), MaxRetries: -1})
	defer client.Close()
	info, err := client.Info(ctx, "server").Result()
	if err != nil {
		return err
	}
	if !strings.Contains(info, fmt.Sprintf("process_id:%d\r\n", r.cmd.Process.Pid)) {
		return errServerExited
	}
	return nil
}

func (r *server) signal(sig syscall.Signal) { _ = r.cmd.Process.Signal(sig) }

// kill ends it as a crash does and returns when it is gone.
func (r *server) kill() {
	_ = r.cmd.Process.Kill()
	<-r.exited
}
