package space

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"example.com/incumbent/internal/redistest"
	"example.com/incumbent/verification/space/account"
)

const (
	lease      = 2 * time.Second
	lateLeases = 3 // no packet arrives later than this
	processes  = 5
	callers    = 4 // of a process, at most
	drift      = 0.05
)

// world is everything of a run.
type world struct {
	t      testing.TB
	of     Run
	start  time.Time
	book   *account.Book
	stub   *redistest.Stub // for publications alone
	server *server
	over   chan struct{} // closed when no call begins any more

	mu     sync.Mutex
	chance *rand.Rand
	faults Faults
	calm   bool
	healed time.Time
	procs  []*process
	made   int // processes, ever
	names  int // that were used once
	waits  map[string]time.Time
	oldest time.Duration // wait for a lock that was got
}

// Faults is how many of each there were.
type Faults struct {
	Requests, RequestsLost, AnswersLost, Late, Copies       int
	Storms, Aimed, Deaf, Miscounted, PushesLost, PushesLate int
	Crashes, Stalls, Flushes, Deletions                     int
	Calls, Got, NotGot, Unavailable                         int
	Executed, Unknown                                       int // of what shall be done once
	Looks                                                   int // at the set, in the calm
}

func newWorld(t testing.TB, r Run) *world {
	w := &world{
		t: t, of: r, start: time.Now(), book: account.New(time.Now()), stub: redistest.NewStub(t),
		over: make(chan struct{}), chance: rand.New(rand.NewPCG(r.Seed, 17)), waits: map[string]time.Time{},
	}
	w.server = newServer(w.book, w.publish)
	return w
}

// publish hands a publication on, and says how many have received it.
func (w *world) publish(channel, text string) int {
	n := w.stub.Mini.PubSubNumSub(channel)[channel]
	w.book.Published(text, n > 0)
	send := func() { w.stub.Mini.Publish(channel, text) }
	miscounted, lost, late := w.way()
	switch {
	case late > 0:
		time.AfterFunc(late, send)
	case !lost:
		send()
	}
	if miscounted {
		return 0
	}
	return n
}

// way is what becomes of a publication. Now and then it has no listener although it is received:
// one on another node, or on a replica. A half-open connection counts, and receives nothing.
func (w *world) way() (miscounted, lost bool, late time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.calm {
		return false, false, 0
	}
	if miscounted = w.chance.Float64() < 0.1; miscounted {
		w.faults.Miscounted++
	}
	switch draw := w.chance.Float64(); {
	case draw < 0.05:
		lost = true
		w.faults.PushesLost++
	case draw < 0.1:
		late = 1 + time.Duration(w.chance.Int64N(int64(lateLeases*lease)))
		w.faults.PushesLate++
	}
	return miscounted, lost, late
}

func (w *world) happens(chance float64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return chance > 0 && w.chance.Float64() < chance
}

// up draws a duration up to d.
func (w *world) up(d time.Duration) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return 1 + time.Duration(w.chance.Int64N(int64(max(d, 2))))
}

func (w *world) pick(n int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.chance.IntN(n)
}

// often draws a wait of that mean.
func (w *world) often(mean time.Duration) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return 1 + time.Duration(w.chance.ExpFloat64()*float64(mean))
}

// change changes what is counted.
func (w *world) change(do func(f *Faults)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	do(&w.faults)
}

func (w *world) isCalm() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.calm
}

func (w *world) isOver() bool {
	select {
	case <-w.over:
		return true
	default:
		return false
	}
}
