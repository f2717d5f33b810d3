package fresh

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

// 50 readers in three processes, one with its clock an hour ahead and one an hour behind; the
// process that refreshes is killed, again and again. No reader gets an expired value, and the
// value is refreshed once a period.
func TestKillsOfTheKeepingProcess(t *testing.T) {
	t.Parallel()
	f := newFleet(t, redistest.Either(4500*time.Millisecond, 9*time.Second))
	kills := redistest.Either(1, 20)
	for range kills {
		f.awaitRefreshes(1)
		time.Sleep(rand.N(redistest.Either(time.Second, f.period))) // anywhere in the period
		f.kill()
	}
	f.awaitRefreshes(2)
	f.stop()
	f.count(kills)
}

// A fleet is three processes that keep a value and read it, on a server of their own.
type fleet struct {
	t            *testing.T
	server       *redistest.Server
	admin        *redis.Client
	asker        *election.Elector
	life, period time.Duration
	began        time.Time
	children     map[string]*member // by ID
	started      int
}

type member struct {
	*exec.Cmd

	off     time.Duration
	readers int
}

func newFleet(t *testing.T, life time.Duration) *fleet {
	f := &fleet{t: t, server: redistest.Start(t), life: life, period: life * 2 / 3, children: map[string]*member{}, began: time.Now()}
	f.admin = f.server.Client()
	var err error
	if f.asker, err = election.New(f.admin, election.Config{Name: "e"}); err != nil {
		t.Fatal(err)
	}
	f.start(member{off: time.Hour, readers: 17})
	f.start(member{off: -time.Hour, readers: 17})
	f.start(member{readers: 16})
	return f
}

func (f *fleet) start(m member) {
	f.started++
	id := fmt.Sprint("child", f.started)
	m.Cmd = startChild(f.t, f.server.Addr(), id, m.off, m.readers, f.life)
	f.children[id] = &m
}

// kill kills who leads, and starts another in its place.
func (f *fleet) kill() {
	f.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		l, err := f.asker.Leader(f.t.Context())
		if m := f.children[l.ID]; err == nil && m != nil {
			_ = m.Process.Kill()
			_ = m.Wait()
			delete(f.children, l.ID)
			f.start(*m)
			return
		}
	}
	f.t.Fatal("nobody leads")
}

// awaitRefreshes waits for n more refreshes.
func (f *fleet) awaitRefreshes(n int64) {
	f.t.Helper()
	want := f.admin.LLen(f.t.Context(), "refreshes").Val() + n
	for deadline := time.Now().Add(time.Minute); f.admin.LLen(f.t.Context(), "refreshes").Val() < want; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			f.t.Fatal("nothing was refreshed for a minute")
		}
	}
}

func (f *fleet) stop() {
	for id, m := range f.children {
		_ = m.Process.Signal(syscall.SIGTERM)
		if err := m.Wait(); err != nil {
			f.t.Errorf("%s: %v", id, err)
		}
	}
}

// count says what was seen. A kill between a refresh and its write costs one more refresh.
func (f *fleet) count(kills int) {
	f.t.Helper()
	var times []int64
	if err := f.admin.LRange(f.t.Context(), "refreshes", 0, -1).ScanSlice(&times); err != nil || len(times) < 3 {
		f.t.Fatalf("%v, %v", times, err)
	}
	most, soon := time.Duration(0), 0
	for i := range times[1:] {
		pause := time.Duration(times[i+1]-times[i]) * time.Millisecond
		most = max(most, pause)
		if pause < f.period-100*time.Millisecond {
			soon++
		}
	}
	expired := f.admin.LRange(f.t.Context(), "expired", 0, -1).Val()
	f.t.Logf("%v: %d kills, a life of %v: %d refreshes, %d of them before the period was over, the longest pause %v; requests and reads: %v; %d expired values",
		time.Since(f.began).Round(time.Second), kills, f.life, len(times), soon, most, f.admin.HGetAll(f.t.Context(), "counts").Val(), len(expired))
	if len(expired) > 0 || soon > max(1, kills/10) {
		f.t.Errorf("expired: %v; %d refreshes too soon: %v", expired, soon, times)
	}
}
