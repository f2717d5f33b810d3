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
	"example.com/incumbent/internal/redistest"
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

// Three processes, a job each second: restarts, crashes and step-downs just before a due time,
// first of the one that leads. No due time is missed, and none is run twice.
func TestProcessesThatComeAndGo(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	admin := server.Client()
	asker, err := election.New(admin, election.Config{Name: "nightly"})
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{"a", "b", "c"}
	children := map[string]*exec.Cmd{}
	for _, id := range ids {
		children[id] = startChild(t, "works", server.Addr(), id)
	}
	for i := range redistest.Either(4, 40) {
		awaitRuns(t, admin)
		id := ids[i%3] // perhaps it only waits
		if leader, err := asker.Leader(t.Context()); err == nil && !leader.Nobody() && i/4%2 == 0 {
			id = leader.ID
		}
		switch i % 4 {
		case 0, 1:
			how := []os.Signal{syscall.SIGTERM, syscall.SIGKILL}[i%4]
			_ = children[id].Process.Signal(how)
			_ = children[id].Wait()
			children[id] = startChild(t, "works", server.Addr(), id)
		default:
			next := time.Now().Truncate(time.Second).Add(time.Second)
			time.Sleep(time.Until(next.Add(-2 * time.Millisecond)))
			_ = asker.StepDown(t.Context(), "") // perhaps nobody leads
		}
	}
	awaitRuns(t, admin)
	for _, c := range children {
		_ = c.Process.Signal(syscall.SIGTERM)
		_ = c.Wait()
	}
	countRuns(t, admin)
}

// awaitRuns waits for two more due times to be run.
func awaitRuns(t *testing.T, admin *redis.Client) {
	t.Helper()
	before := admin.LLen(t.Context(), "ran").Val()
	for deadline := time.Now().Add(time.Minute); admin.LLen(t.Context(), "ran").Val() < before+2; {
		if time.Now().After(deadline) {
			t.Fatal("nothing was run for a minute")
		}
		<-time.After(10 * time.Millisecond)
	}
}

// countRuns counts due times that were run twice or not at all.
func countRuns(t *testing.T, admin *redis.Client) {
	t.Helper()
	var times []int64
	if err := admin.LRange(t.Context(), "ran", 0, -1).ScanSlice(&times); err != nil || len(times) < 8 {
		t.Fatalf("%v, %v", times, err)
	}
	runs := map[int64]int{}
	first, last := times[0], times[0]
	for _, at := range times {
		runs[at]++
		first, last = min(first, at), max(last, at)
	}
	missed, doubled := 0, 0
	for at := first; at <= last; at++ {
		switch n := runs[at]; {
		case n == 0:
			missed++
		case n > 1:
			doubled++
		}
	}
	cut := admin.LLen(t.Context(), "abandoned").Val() // between the claim and the end of the run
	t.Logf("%d due times: %d missed, %d doubled, %d cut by a crash", last-first+1, missed, doubled, cut)
	if int64(missed) > cut || doubled > 0 {
		t.Errorf("%d missed, %d doubled", missed, doubled)
	}
}
