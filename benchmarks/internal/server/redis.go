// Package server starts the servers that the systems run on, one fresh process
// for each measurement, and reads what they have used.
package server

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/benchmarks/internal/host"
)

// RedisVariable names the environment variable with the path of the redis-server
// to run. Default: the one in PATH.
const RedisVariable = "INCUMBENT_REDIS_SERVER"

const (
	startTimeout = 10 * time.Second
	retryPause   = 5 * time.Millisecond
	portAttempts = 5
)

// RedisProgram returns the redis-server to run.
func RedisProgram() (string, error) {
	path := os.Getenv(RedisVariable)
	if path == "" {
		path = "redis-server"
	}
	path, err := exec.LookPath(path)
	if err != nil {
		return "", fmt.Errorf("no redis-server: install one, or set %s to the path of one: %w", RedisVariable, err)
	}
	return path, nil
}

// RedisVersion returns the first part of what redis-server says of itself.
func RedisVersion() string {
	path, err := RedisProgram()
	if err != nil {
		return err.Error()
	}
	said, err := exec.Command(path, "--version").Output()
	if err != nil {
		return path + ": " + err.Error()
	}
	version, _, _ := strings.Cut(string(said), " sha=")
	return version
}

// StartRedis starts a Redis without persistence on a free loopback port.
func StartRedis(ctx context.Context, pin host.Pin) (*Process, error) {
	path, err := RedisProgram()
	if err != nil {
		return nil, err
	}
	for range portAttempts { // somebody else may take the port before it does
		var p *Process
		if p, err = launchRedis(ctx, path, pin); err == nil {
			return p, nil
		}
	}
	return nil, err
}

func launchRedis(ctx context.Context, path string, pin host.Pin) (*Process, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "redis")
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(path, "--port", port, "--bind", "127.0.0.1", "--dir", dir, "--save", "", "--appendonly", "no", "--loglevel", "warning")
	p, err := start(cmd, pin, dir)
	if err != nil {
		return nil, err
	}
	p.Addr = net.JoinHostPort("127.0.0.1", port)
	if err := p.awaitRedis(ctx); err != nil {
		p.Stop()
		return nil, fmt.Errorf("redis-server on %s: %w", p.Addr, err)
	}
	return p, nil
}

// awaitRedis returns when the process answers, and not a stranger on its port.
func (p *Process) awaitRedis(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		err := p.probeRedis(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.exited:
			return errExited
		case <-ctx.Done():
			return err
		case <-time.After(retryPause):
		}
	}
}

func (p *Process) probeRedis(ctx context.Context) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", p.Addr) // a client that dials in vain would log it each time
	if err != nil {
		return err
	}
	conn.Close()
	rdb := redis.NewClient(&redis.Options{Addr: p.Addr, MaxRetries: -1})
	defer rdb.Close()
	info, err := rdb.Info(ctx, "server").Result()
	if err != nil {
		return err
	}
	if pid := fmt.Sprintf("process_id:%d", p.cmd.Process.Pid); field(info, "process_id") != fmt.Sprint(p.cmd.Process.Pid) {
		return fmt.Errorf("another server answers, not the one with %s", pid)
	}
	return nil
}

// field returns a value of an answer to INFO.
func field(info, name string) string {
	lines := bufio.NewScanner(strings.NewReader(info))
	for lines.Scan() {
		if value, found := strings.CutPrefix(lines.Text(), name+":"); found {
			return value
		}
	}
	return ""
}

// freePort returns a port that nobody listens on at this moment.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}
