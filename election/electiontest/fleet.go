package electiontest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"example.com/incumbent/election"
)

// A Fleet is some processes that run the same service on one Redis, and a checker
// that watches the work of all. Make it with [NewFleet], in a bubble as a rule:
// a fleet lives through hours there in the time of a second.
//
// The test fails, with the last events before it, when
//
//   - two members work at the same time, be it that an election was made in a way
//     that allows it, or that work does not end in its grace;
//   - work begins in a term that is not later than all before it;
//   - a member begins a term before the work of its last one has ended;
//   - Fence refuses the term that leads, or meets one that nobody has led in;
//   - a member's run returns an error, or does not return when it is stopped.
//
// A member that was paused while it led may work on beside its successor: no
// lock service can help that. Fence then refuses what it writes.
type Fleet struct {
	// Redis is the server.
	Redis *Redis
	// Members are the processes, in the order of their start.
	Members []*Member
	// Fence is a resource that all members may write to, with the term of their
	// work.
	Fence *Fence

	tb      testing.TB
	checker *checker
}

// A Member is one process of a [Fleet]. Its client is what it has of Redis; all of
// the client's faults are its own.
type Member struct {
	*Client
	// Name tells members apart: A, B and so on. It suits election.Config.ID.
	Name string
	// Fence is the fleet's.
	Fence *Fence

	fleet *Fleet
	run   func(context.Context, *Member) error

	mu   sync.Mutex // guards life
	life *life
}

// life is one run of a process.
type life struct {
	cancel context.CancelFunc
	ended  chan struct{}
}

// NewFleet starts n members, each with run, which is what the main function of
// the service does: campaign through m.Client, with work that is wrapped by
// [Member.Watch], until ctx ends. The end of the test stops them; run must
// return nil then.
func NewFleet(tb testing.TB, n int, run func(ctx context.Context, m *Member) error) *Fleet {
	tb.Helper()
	f := &Fleet{Redis: NewRedis(tb), tb: tb, checker: newChecker(tb)}
	f.Fence = &Fence{judge: f.checker.fenced}
	for i := range n {
		m := &Member{Client: f.Redis.Client(), Name: name(i), Fence: f.Fence, fleet: f, run: run}
		m.note = func(fault string) { f.checker.tell(m.Name, fault) }
		f.Members = append(f.Members, m)
	}
	tb.Cleanup(f.stop)
	for _, m := range f.Members {
		m.Start()
	}
	return f
}

// name is A to Z, then A1 to Z1 and so on.
func name(i int) string {
	letter := string(rune('A' + i%26))
	if i < 26 {
		return letter
	}
	return fmt.Sprint(letter, i/26)
}

// Leader returns the member that leads: its work runs, and its context has not
// ended. It is nil if there is none.
func (f *Fleet) Leader() *Member {
	for _, s := range f.checker.running() {
		if s.ctx.Err() == nil {
			return s.member
		}
	}
	return nil
}

// calm is how long a fleet without faults may need to have a leader: a few
// leases, and the longest back-off of singleton.Keep.
const calm = 10 * time.Minute

// AwaitLeader waits until a member leads, and returns it. It ends the test if
// none does within ten minutes.
func (f *Fleet) AwaitLeader() *Member {
	f.tb.Helper()
	deadline := time.NewTimer(calm)
	defer deadline.Stop()
	for {
		changed := f.checker.changed()
		if m := f.Leader(); m != nil {
			return m
		}
		select {
		case <-changed:
		case <-deadline.C:
			f.tb.Fatalf("electiontest: nobody leads after %v\n%s", calm, f.checker.history())
		}
	}
}

// Heal ends all faults of all networks.
func (f *Fleet) Heal() {
	for _, m := range f.Members {
		m.Heal()
	}
}

// stop ends all members, and with them their faults: what they release shall
// arrive.
func (f *Fleet) stop() {
	f.Heal()
	var all sync.WaitGroup
	for _, m := range f.Members {
		all.Go(m.Stop)
	}
	all.Wait()
}

// Start starts a member that was stopped.
func (m *Member) Start() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.life != nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	m.life = &life{cancel, make(chan struct{})}
	go m.live(ctx, m.life.ended)
	m.note("starts")
}

func (m *Member) live(ctx context.Context, ended chan<- struct{}) {
	defer close(ended)
	err := m.run(ctx, m)
	m.note("has stopped")
	if err != nil {
		m.fleet.checker.fail("%s: its run returned: %v", m.Name, err)
	}
}

// Stop ends a member's context, as SIGTERM does, and waits until its run has
// returned. A member that is cut off first cannot release: that is what a crash
// looks like to the others.
func (m *Member) Stop() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.life == nil {
		return
	}
	m.note("is stopped")
	m.life.cancel()
	select {
	case <-m.life.ended:
	case <-time.After(calm):
		m.fleet.checker.fail("%s: its run has not returned %v after its context ended", m.Name, calm)
	}
	m.life = nil
}

// Watch wraps the member's work, so that the fleet's checker sees when it begins
// and ends: all work, hooks included, that only a leader may do.
func (m *Member) Watch(work election.Work) election.Work {
	return func(ctx context.Context, term election.Term) (err error) {
		s := m.fleet.checker.begin(ctx, m, term)
		unhear := context.AfterFunc(ctx, func() { m.fleet.checker.revoked(s) })
		defer unhear()
		defer func() { m.fleet.checker.end(s, err) }()
		return work(ctx, term)
	}
}
