package redistest_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/redistest"
)

func TestServerAnswersUnderItsPid(t *testing.T) {
	server := redistest.Start(t)
	info, err := server.Client().Info(t.Context(), "server").Result()
	if want := fmt.Sprintf("process_id:%d\r\n", server.Pid()); err != nil || !strings.Contains(info, want) {
		t.Errorf("INFO lacks %q (%v)", want, err)
	}
	options, err := redis.ParseURL(server.URL())
	if err != nil || options.Addr != server.Addr() {
		t.Errorf("the URL %s means %v (%v), want %s", server.URL(), options, err, server.Addr())
	}
}

func TestServersDoNotShareAnything(t *testing.T) {
	a, b := redistest.Start(t), redistest.Start(t)
	if err := a.Client().Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if err := b.Client().Get(t.Context(), "k").Err(); err != redis.Nil {
		t.Errorf("GET from the other server: %v, want %v", err, redis.Nil)
	}
}

func TestRestartForgets(t *testing.T) {
	server := redistest.Start(t)
	pid := server.Pid()
	setThenRestart(t, server)
	if err := server.Client().Get(t.Context(), "k").Err(); err != redis.Nil {
		t.Errorf("GET after the restart: %v, want %v", err, redis.Nil)
	}
	if server.Pid() == pid {
		t.Errorf("the process is still %d", pid)
	}
}

func TestRestartRemembersIfToldTo(t *testing.T) {
	server := redistest.Start(t, "--appendonly", "yes", "--appendfsync", "always")
	setThenRestart(t, server)
	if v, err := server.Client().Get(t.Context(), "k").Result(); v != "v" || err != nil {
		t.Errorf("GET after the restart = %q, %v; want v", v, err)
	}
	setThenRestart(t, server, "--appendonly", "no")
	if err := server.Client().Get(t.Context(), "k").Err(); err != redis.Nil {
		t.Errorf("GET without persistence: %v, want %v", err, redis.Nil)
	}
}

func setThenRestart(t *testing.T, server *redistest.Server, args ...string) {
	t.Helper()
	if err := server.Client().Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Fatal(err)
	}
	addr := server.Addr()
	server.Restart(args...)
	if server.Addr() != addr {
		t.Fatalf("the server moved from %s to %s", addr, server.Addr())
	}
}

func TestKilledServerIsGone(t *testing.T) {
	server := redistest.Start(t)
	client := server.Client(func(o *redis.Options) { o.MaxRetries, o.DialerRetries = -1, 1 })
	process, err := os.FindProcess(server.Pid())
	if err != nil {
		t.Fatal(err)
	}
	server.Kill()
	if err := process.Signal(syscall.Signal(0)); err == nil {
		t.Errorf("process %d still exists", process.Pid)
	}
	if err := client.Ping(t.Context()).Err(); err == nil {
		t.Error("a killed server answered")
	}
	server.Kill() // once more does nothing
}

func TestServerMayAskForAPassword(t *testing.T) {
	server := redistest.Start(t, "--requirepass", "secret")
	if err := server.Client().Ping(t.Context()).Err(); !redis.IsAuthError(err) {
		t.Errorf("PING without a password: %v", err)
	}
	client := server.Client(func(o *redis.Options) { o.Password = "secret" })
	if err := client.Ping(t.Context()).Err(); err != nil {
		t.Errorf("PING with the password: %v", err)
	}
}

func TestStartSkipsWithoutAServer(t *testing.T) {
	t.Setenv(redistest.ServerVariable, "")
	t.Setenv(redistest.RequireVariable, "")
	if got := outcome(t); !strings.HasPrefix(got, "skipped: left out: needs a redis-server") {
		t.Errorf("Start %s", got)
	}
	t.Setenv(redistest.RequireVariable, "1")
	if got := outcome(t); !strings.HasPrefix(got, "failed: left out: needs a redis-server") {
		t.Errorf("Start with %s=1 %s", redistest.RequireVariable, got)
	}
}

func TestStartFailsWithABrokenServer(t *testing.T) {
	for _, path := range []string{"/nonexistent/redis-server", "/bin/false"} {
		t.Setenv(redistest.ServerVariable, path)
		if got := outcome(t); !strings.HasPrefix(got, "failed: ") || !strings.Contains(got, path) {
			t.Errorf("Start with %s %s", path, got)
		}
	}
}

// outcome calls Start and says how the test that called it would have ended.
func outcome(t *testing.T) string {
	tb := &ending{TB: t, how: "returned"}
	done := make(chan struct{})
	go func() {
		defer close(done)
		redistest.Start(tb)
	}()
	<-done
	return tb.how
}

// ending is a TB that notes how its test ends, and ends the goroutine.
type ending struct {
	testing.TB
	how string
}

func (e *ending) Skip(args ...any) {
	e.how = "skipped: " + fmt.Sprint(args...)
	runtime.Goexit()
}

func (e *ending) Fatalf(format string, args ...any) {
	e.how = "failed: " + fmt.Sprintf(format, args...)
	runtime.Goexit()
}
