package schedule

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/redistest"
)

// Three processes, a job each second: restarts and crashes of whoever leads, and step-downs 2 ms
// before a due time. No due time is missed, and none is run twice.
func TestProcessesThatComeAndGo(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	restarts, kills, steps := redistest.Either(1, 25), redistest.Either(1, 16), redistest.Either(2, 20)
	for i := range max(restarts, kills, steps) {
		if i < restarts {
			f.replace(syscall.SIGTERM)
		}
		if i < steps {
			f.stepDown()
		}
		if i < kills {
			f.replace(syscall.SIGKILL)
		}
	}
	t.Logf("%d restarts, %d kills, %d step-downs", restarts, kills, steps)
	awaitRuns(t, f.admin)
	for _, c := range f.children {
		_ = c.Process.Signal(syscall.SIGTERM)
		_ = c.Wait()
	}
	countRuns(t, f.admin)
}

// A fleet is some processes that keep one schedule, on a server of their own.
type fleet struct {
	t        *testing.T
	server   *redistest.Server
	admin    *redis.Client
	asker    *election.Elector
	children map[string]*exec.Cmd // by ID
	started  int
}

func newFleet(t *testing.T) *fleet {
	f := &fleet{t: t, server: redistest.Start(t), children: map[string]*exec.Cmd{}}
	f.admin = f.server.Client()
	var err error
	if f.asker, err = election.New(f.admin, election.Config{Name: "nightly"}); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		f.start()
	}
	return f
}

func (f *fleet) start() {
	f.started++
	id := fmt.Sprint("child", f.started)
	f.children[id] = startChild(f.t, "works", f.server.Addr(), id)
}

// replace waits until one leads, ends it, and starts another process.
func (f *fleet) replace(by syscall.Signal) {
	time.Sleep(rand.N(time.Second)) // in the middle of a run, now and then
	id := f.leader()
	_ = f.children[id].Process.Signal(by)
	_ = f.children[id].Wait()
	delete(f.children, id)
	f.start()
}

// leader waits until one leads.
func (f *fleet) leader() string {
	f.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		l, err := f.asker.Leader(f.t.Context())
		if err == nil && f.children[l.ID] != nil {
			return l.ID
		}
	}
	f.t.Fatal("nobody leads")
	return ""
}

// stepDown asks who leads to step down, 2 ms before a due time.
func (f *fleet) stepDown() {
	awaitRuns(f.t, f.admin)
	next := time.Now().Truncate(time.Second).Add(time.Second)
	time.Sleep(time.Until(next.Add(-2 * time.Millisecond)))
	_ = f.asker.StepDown(f.t.Context(), "") // perhaps nobody leads
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
