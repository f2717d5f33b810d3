package redistest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// ServerVariable names the environment variable that holds the path of the
// redis-server which [Start] runs. It has to start Redis as its own process,
// not as a child.
const ServerVariable = "INCUMBENT_REDIS_SERVER"

const (
	startTimeout = 10 * time.Second
	pollInterval = 10 * time.Millisecond
	portAttempts = 5
)

// Server is a Redis process on a loopback port, with a folder of its own. Its
// methods belong on the goroutine of the test, and outside of any bubble.
type Server struct {
	tb     testing.TB
	binary string
	dir    string
	port   int
	args   []string

	process *os.Process
	exited  chan struct{} // closed when process has been waited for
}

// Start starts a Redis and kills it at the end of the test. It persists
// nothing unless args, which are those of redis-server, say so. Without
// [ServerVariable] the test is left out, see [Missing]; with a server that does not start it
// fails.
func Start(tb testing.TB, args ...string) *Server {
	tb.Helper()
	binary := os.Getenv(ServerVariable)
	if binary == "" {
		Missing(tb, "left out: needs a redis-server; ./test.sh runs it")
	}
	s := &Server{tb: tb, binary: binary, dir: tb.TempDir(), args: args}
	tb.Cleanup(s.Kill)

	var err error
	for range portAttempts {
		if s.port, err = freePort(); err != nil {
			break
		}
		// Somebody else may take the port before our server does.
		if err = s.launch(); !errors.Is(err, errExited) {
			break
		}
	}
	if err != nil {
		tb.Fatalf("redistest: %s=%s: %v\n%s", ServerVariable, binary, err, s.log())
	}
	return s
}

// Addr returns the server's host and port.
func (s *Server) Addr() string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port))
}

// URL returns the server's address as a redis:// URL.
func (s *Server) URL() string { return "redis://" + s.Addr() }

// Pid returns the id of the server's process.
func (s *Server) Pid() int { return s.process.Pid }

// Client returns a client of the server with the options of go-redis, which
// each mutate may change. It is closed at the end of the test.
func (s *Server) Client(mutate ...func(*redis.Options)) *redis.Client {
	return newClient(s.tb, &redis.Options{Addr: s.Addr()}, mutate)
}

// Kill ends the server as a crash does and returns when it is gone. Killing a
// server that is not running does nothing.
func (s *Server) Kill() {
	if s.process == nil {
		return
	}
	_ = s.process.Kill() // an error says that it has ended already
	<-s.exited
}

// Restart kills the server if it runs, and starts it again on the same port
// and folder, with other args or, without any, with those it had. Its state is
// empty unless the args before and after made it persist.
func (s *Server) Restart(args ...string) {
	s.tb.Helper()
	s.Kill()
	if len(args) > 0 {
		s.args = args
	}
	if err := s.launch(); err != nil {
		s.tb.Fatalf("redistest: restarting on %s: %v\n%s", s.Addr(), err, s.log())
	}
}

var errExited = errors.New("the server exited at once")

// launch starts the process and returns when it answers.
func (s *Server) launch() error {
	args := append([]string{
		"--port", strconv.Itoa(s.port), "--bind", "127.0.0.1",
		"--dir", s.dir, "--save", "", "--appendonly", "no",
	}, s.args...)
	output, err := os.Create(s.logFile())
	if err != nil {
		return err
	}
	defer output.Close() // the process has its own copy
	cmd := exec.Command(s.binary, args...)
	cmd.Stdout, cmd.Stderr = output, output
	if err := cmd.Start(); err != nil {
		return err
	}

	exited := make(chan struct{})
	s.process, s.exited = cmd.Process, exited
	go func() {
		defer close(exited)
		_ = cmd.Wait() // how it ended is in its log
	}()
	return s.awaitReady()
}

func (s *Server) awaitReady() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		err := s.probe(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-s.exited:
			return errExited
		case <-ctx.Done():
			return fmt.Errorf("no answer within %v: %w", startTimeout, err)
		}
	}
}

func (s *Server) logFile() string { return filepath.Join(s.dir, "redis-server.log") }

// log returns what the server said.
func (s *Server) log() string {
	text, err := os.ReadFile(s.logFile())
	if err != nil {
		return ""
	}
	return string(text)
}

// freePort returns a port that nobody listens on at this moment.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
