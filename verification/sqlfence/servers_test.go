//go:build unix

package sqlfence_test

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"example.com/incumbent/internal/redistest"
)

// A server is a database's process, on a port and in a folder of its own. Under root it runs
// as nobody, since PostgreSQL refuses root.
type server struct {
	t    *testing.T
	dir  string
	port int
	as   *syscall.Credential // nil: as who runs the test
}

func newServer(t *testing.T) *server {
	dir, err := os.MkdirTemp("", "incumbent-sql-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := &server{t: t, dir: dir, port: l.Addr().(*net.TCPAddr).Port}
	if os.Geteuid() != 0 {
		return s
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.Atoi(nobody.Uid) // numbers on every Unix
	gid, _ := strconv.Atoi(nobody.Gid)
	if err := os.Chown(dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	s.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return s
}

// command is a program of the server.
func (s *server) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "HOME="+s.dir, "TMPDIR="+s.dir, "LC_ALL=C")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as}
	return cmd
}

// prepare runs a program to its end.
func (s *server) prepare(program string, args ...string) {
	s.t.Helper()
	if out, err := s.command(program, args...).CombinedOutput(); err != nil {
		s.t.Fatalf("%s: %v\n%s", program, err, out)
	}
}

// run starts the server's process, waits until the database answers, and ends it with that
// signal at the end of the test.
func (s *server) run(driver, dsn string, end syscall.Signal, program string, args ...string) {
	s.t.Helper()
	log, err := os.Create(filepath.Join(s.dir, "server.log"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close() // the process has its own copy
	cmd := s.command(program, args...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		_ = cmd.Wait() // how it ended is in its log
	}()
	s.t.Cleanup(func() {
		_ = cmd.Process.Signal(end) // an error says that it has ended already
		<-exited
	})
	db, err := sql.Open(driver, dsn)
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(s.t.Context(), 2*time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := db.PingContext(ctx)
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-exited:
			said, _ := os.ReadFile(log.Name())
			s.t.Fatalf("%s ended at once: %v\n%s", program, err, said)
		case <-ctx.Done():
			s.t.Fatalf("%s does not answer: %v", program, err)
		}
	}
}

// find is the path of a program, which need not be in PATH.
func find(t *testing.T, name string, elsewhere ...string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	for _, pattern := range elsewhere {
		if found, _ := filepath.Glob(pattern); err != nil && len(found) > 0 { // the pattern is sound
			path, err = found[len(found)-1], nil
		}
	}
	if err != nil {
		redistest.Missing(t, "left out: needs "+name+"; ./test.sh --long installs it")
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	return path
}

// startPostgreSQL returns the address of a new server.
func startPostgreSQL(t *testing.T) string {
	t.Helper()
	postgres := find(t, "postgres", "/usr/lib/postgresql/*/bin/postgres")
	s := newServer(t)
	data := filepath.Join(s.dir, "data")
	s.prepare(filepath.Join(filepath.Dir(postgres), "initdb"), "-D", data, "-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C")
	dsn := fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", s.port)
	s.run("pgx", dsn, syscall.SIGQUIT, postgres, "-D", data, "-p", strconv.Itoa(s.port),
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off")
	return dsn
}

// startMariaDB returns the address of a new server.
func startMariaDB(t *testing.T) string {
	t.Helper()
	mariadbd := find(t, "mariadbd", "/usr/sbin/mariadbd", "/usr/libexec/mariadbd")
	install := find(t, "mariadb-install-db")
	s := newServer(t)
	data := filepath.Join(s.dir, "data")
	s.prepare(install, "--no-defaults", "--datadir="+data, "--skip-test-db", "--auth-root-authentication-method=normal")
	address := fmt.Sprintf("root@tcp(127.0.0.1:%d)/", s.port)
	s.run("mysql", address, syscall.SIGKILL, mariadbd, "--no-defaults", "--datadir="+data, "--socket="+filepath.Join(s.dir, "socket"),
		"--pid-file="+filepath.Join(s.dir, "pid"), "--port="+strconv.Itoa(s.port), "--bind-address=127.0.0.1", "--innodb-flush-log-at-trx-commit=0")
	return address
}
