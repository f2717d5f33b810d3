package lock

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"example.com/incumbent/internal/balance"
	"example.com/incumbent/internal/redistest"
)

// fleet is processes that spread one set, and who works for which name.
type fleet struct {
	*world

	names []string

	mu      sync.Mutex
	working map[string][]string // by name: the processes
	moved   int                 // names that began on another process, since the counter was set back
	last    map[string]string   // by name: who has worked for it last
	slow    time.Duration       // what works take to end
	ended   map[string]time.Time
	gap     time.Duration // the longest for which a name that moved was nobody's, since the counter was set back
}

func (w *world) fleet(names ...string) *fleet {
	return &fleet{world: w, names: names, working: map[string][]string{}, last: map[string]string{}, ended: map[string]time.Time{}}
}

func hundred() []string {
	all := make([]string, 100)
	for i := range all {
		all[i] = fmt.Sprintf("tenant-%02d", i)
	}
	return all
}

// A member is a process that spreads the set.
type member struct {
	*process

	id     string
	leave  context.CancelFunc
	result chan error
}

// join has a process spread the set.
func (f *fleet) join(id string, names ...string) *member {
	f.Helper()
	if len(names) == 0 {
		names = f.names
	}
	m := &member{process: f.process(id), id: id, result: make(chan error, 1)}
	ctx, leave := context.WithCancel(f.Context())
	m.leave = leave
	go func() {
		m.result <- m.Spread(ctx, "set", names, func(name string) Work {
			return func(ctx context.Context, _ Term) error { return f.work(ctx, id, name) }
		})
	}()
	return m
}

// gone ends a member in order.
func (f *fleet) gone(m *member) {
	f.Helper()
	m.leave()
	if err := <-m.result; err != nil {
		f.Errorf("%s: %v", m.id, err)
	}
}

func (f *fleet) work(ctx context.Context, id, name string) error {
	f.enter(id, name)
	defer f.exit(id, name)
	<-ctx.Done()
	time.Sleep(f.slow)
	return ctx.Err()
}

func (f *fleet) enter(id, name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.working[name] = append(f.working[name], id)
	if len(f.working[name]) > 1 {
		f.Errorf("%v: %q runs on %v", f.since(), name, f.working[name])
	}
	if f.last[name] != id {
		f.moved++
		if ended, is := f.ended[name]; is {
			f.gap = max(f.gap, time.Since(ended))
		}
	}
	f.last[name] = id
}

func (f *fleet) exit(id, name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended[name] = time.Now()
	f.working[name] = slices.DeleteFunc(f.working[name], func(o string) bool { return o == id })
}

// loads is how many names run on each process, sorted.
func (f *fleet) loads() []int {
	f.mu.Lock()
	defer f.mu.Unlock()
	by := map[string]int{}
	for _, ids := range f.working {
		for _, id := range ids {
			by[id]++
		}
	}
	var all []int
	for _, n := range by {
		all = append(all, n)
	}
	slices.Sort(all)
	return all
}

// movedSince is how many names have moved since the last call, and for how long one was nobody's.
func (f *fleet) movedSince() (n int, gap time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, gap = f.moved, f.gap
	f.moved, f.gap = 0, 0
	return n, gap
}

// settled expects so many members with even loads.
func (f *fleet) settled(members int) {
	f.Helper()
	loads, share, sum := f.loads(), len(f.names)/members, 0
	for _, n := range loads {
		sum += n
	}
	if most := balance.Bound(len(f.names), members); sum != len(f.names) || len(loads) != min(members, len(f.names)) || slices.Min(loads) < share || slices.Max(loads) > most {
		f.Errorf("%v: loads %v of %d members, want %d to %d", f.since(), loads, members, share, most)
	}
}

// 100 names, and processes that come one by one, die one by one, and come again: no name runs
// twice, all that shall move moves within a second, and no more than a joining process's share.
func TestSpread(t *testing.T) {
	bubble(t, true, func(w *world) {
		f := w.fleet(hundred()...)
		var all []*member
		for n := 1; n <= 10; n++ {
			all = append(all, f.join(fmt.Sprint("p", n)))
			time.Sleep(time.Second)
			f.settled(n)
			if moved, gap := f.movedSince(); n > 1 && moved > balance.Bound(100, n) || gap > 0 {
				w.Errorf("%d names moved when process %d came, with gaps of up to %v", moved, n, gap)
			}
		}
		for n := 9; n >= redistest.Either(7, 1); n-- {
			had := f.loads()
			f.gone(all[0])
			all = all[1:]
			time.Sleep(time.Second)
			f.settled(n)
			if moved, gap := f.movedSince(); moved > slices.Max(had) || gap > lookPause {
				w.Errorf("%d names moved when one of %d had gone, of %v, with gaps of up to %v", moved, n+1, had, gap)
			}
		}
		last := len(all) - 1
		for _, m := range all[:last] {
			f.gone(m)
		}
		time.Sleep(3 * lease) // the last one cleans up what late requests of the others have taken
		f.gone(all[last])
		time.Sleep(2 * lease)
		if left := w.fields(); len(left) > 0 {
			w.Errorf("left: %v", left)
		}
	})
}

// A process that is cut off is a member until its lease is over; then the others share its
// names, and when it comes back it is one of them again.
func TestSpreadAfterACrash(t *testing.T) {
	for _, how := range []string{"cut", "black hole", "stall"} {
		t.Run(how, func(t *testing.T) {
			bubble(t, true, func(w *world) {
				f := w.fleet(hundred()[:40]...)
				all := []*member{f.join("a"), f.join("b"), f.join("c"), f.join("d")}
				w.at(11 * time.Second) // not at the moment of a cleanup, which judges, too
				f.settled(4)
				f.movedSince()
				switch how {
				case "cut":
					all[0].client.Cut()
				case "black hole":
					all[0].client.BlackHole()
				default:
					all[0].client.Stall()
				}
				w.at(11*time.Second + lease - all[0].timing.Beat)
				if moved, _ := f.movedSince(); moved != 0 {
					w.Errorf("%d names moved before its lease was over", moved)
				}
				w.at(11*time.Second + lease*3/2 + time.Second/10)
				f.settled(3)
				if moved, _ := f.movedSince(); moved != 10 {
					w.Errorf("%d names moved, want the 10 of who is away", moved)
				}
				all[0].client.Heal()
				time.Sleep(3 * time.Second)
				f.settled(4)
				if moved, _ := f.movedSince(); moved != 10 {
					w.Errorf("%d names moved to who came back, want 10", moved)
				}
			})
		})
	}
}
