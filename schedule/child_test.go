package schedule

import (
	"context"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/singleton"
)

// childMode names what a process that a test has started does, childRedis where, and childID as whom.
const (
	childMode  = "INCUMBENT_SCHEDULE_CHILD"
	childRedis = "INCUMBENT_SCHEDULE_REDIS"
	childID    = "INCUMBENT_SCHEDULE_ID"
)

// child is a process of its own that keeps a schedule.
func child(mode string) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	rdb := redis.NewClient(&redis.Options{Addr: os.Getenv(childRedis)})
	job := Job{Name: "m", Due: Every(time.Second), CatchUp: 100, Run: func(_ context.Context, t Tick) error {
		defer time.Sleep(200 * time.Millisecond) // the work, which a kill may cut
		return rdb.RPush(context.Background(), "ran", t.Due.Unix()).Err()
	}}
	if mode == "panics" {
		job = Job{Name: "m", Due: Every(time.Hour), AtOnce: true, Run: func(context.Context, Tick) error { panic("at the disco") }}
	}
	s, err := New(job)
	if err != nil {
		panic(err)
	}
	e, err := election.New(rdb, election.Config{
		Name: "nightly", ID: os.Getenv(childID), Lease: heartbeatMinimum, CoolDown: time.Second, Bootstrap: election.BootstrapImmediate,
		Observer: func(ev election.Event) {
			if ev.Kind == KindAbandoned {
				rdb.RPush(context.Background(), "abandoned", ev.Text)
			}
		},
	})
	if err != nil {
		panic(err)
	}
	if err := singleton.Keep(ctx, e, s.Work, singleton.Policy{OnReturn: singleton.OnReturnRestart}); err != nil {
		panic(err)
	}
}

const heartbeatMinimum = 2 * time.Second

// startChild starts a child.
func startChild(t *testing.T, mode, addr, id string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childMode+"="+mode, childRedis+"="+addr, childID+"="+id)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// A panic is in the ledger, and goes on.
func TestAPanicIsInTheLedgerAndGoesOn(t *testing.T) {
	mini := miniredis.RunT(t)
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childMode+"=panics", childRedis+"="+mini.Addr())
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "panic: at the disco") {
		t.Errorf("%v: %s", err, out)
	}
	lines, _ := mini.List("incumbent:{nightly}:runs:m")
	if len(lines) != 2 {
		t.Fatalf("history %q", lines)
	}
	if l, err := parseLine(lines[0]); err != nil || l.outcome != OutcomeFailed || l.text != errNoReturn.Error() {
		t.Errorf("%+v, %v", l, err)
	}
}
