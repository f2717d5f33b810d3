package sim

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"example.com/incumbent/verification/sim/check"
)

// name is the election that everybody stands in, key its record.
const (
	name      = "x"
	key       = "incumbent:{" + name + "}"
	ledgerKey = key + ":ledger"
	channel   = key + ":records"
)

// A World is one run: a server, its processes, and what happens to them. The
// goroutine that made it lets things happen.
type World struct {
	Seed uint64
	chance

	history *check.History
	start   time.Time
	slots   slots
	callers callers
	store   store
	fences  *fences
	books   *books
	profile profile
	agenda  agenda

	living  []*process
	number  int        // of the last process
	all     []*process // that are not gone
	quiet   time.Time  // until then something is held up
	calm    atomic.Bool
	healing atomic.Bool // the storm is over

	steering atomic.Int32 // calls under way that pause or resume

	mu      sync.Mutex
	traps   []*trap
	spawned []*process // that are not gone, for other goroutines than the world's
}

// store is the server, as the world sees it.
type store interface {
	// join connects a process.
	join(p *process) endpoint
	// contents is what the key holds.
	contents() (bytes string, present bool)
	// put changes it behind everybody's back, and drop removes it.
	put(bytes, how string)
	drop(how string)
	// refuse answers everything with an error, until it is called with none.
	refuse(answer string)
	// past is what the key held a while ago.
	past(ago time.Duration) (bytes string, present bool)
	// publish sends a copy of an old hint.
	publish(bytes string)
	// forgetScripts empties the script cache.
	forgetScripts()
	// close frees what belongs to the server.
	close()
}

func newWorld(seed uint64, lease time.Duration) *World {
	w := &World{Seed: seed, chance: newChance(seed, "world"), start: time.Now()}
	w.slots.taken = map[int64]struct{}{}
	w.callers.known = map[[2]uintptr]uint64{}
	w.history = check.NewHistory(func() time.Duration { return time.Since(w.start) })
	w.history.Add(0, check.Serves{At: w.start})
	w.fences = newFences(w)
	w.books = newBooks(w)
	w.profile = newProfile(newChance(seed, "profile"), lease)
	w.profile.stalling = newChance(seed, "stall").oneIn(5) && !w.profile.scheduled // a schedule reports progress for all of the work
	return w
}

// sleep waits for d; the end has an instant of its own.
func (w *World) sleep(d time.Duration) { time.Sleep(w.slots.after(d, 0, inWorld)) }

// after calls f after d, at an instant of its own.
func (w *World) after(d time.Duration, proc int, at site, f func()) {
	time.AfterFunc(w.slots.after(d, proc, at), f)
}

// fault notes that a fault begins.
func (w *World) fault(kind string) { w.history.Add(0, check.Fault{Kind: kind}) }

// healed notes that it ends.
func (w *World) healed(kind string) { w.history.Add(0, check.Fault{Kind: kind, Ends: true}) }

// spawn starts a process.
func (w *World) spawn(id string, s settings) {
	w.number++
	if id == "" {
		id = fmt.Sprintf("n%d", w.number)
	}
	p := newProcess(w, w.number, id, s)
	w.living = append(w.living, p)
	w.all = append(w.all, p)
	w.mu.Lock()
	w.spawned = append(slices.DeleteFunc(w.spawned, (*process).isGone), p)
	w.mu.Unlock()
	p.start()
}

// others are all that run beside a process. Any goroutine may ask.
func (w *World) others(p *process) []*process {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(w.spawned), func(o *process) bool { return o == p || o.dead.Load() })
}

// isCalm reports whether nothing is to go wrong now.
func (w *World) isCalm() bool { return w.calm.Load() }

func (w *World) onRegister() bool {
	_, ok := w.store.(*mapServer)
	return ok
}

// bury drops a process that has crashed or stops from the living.
func (w *World) bury(p *process) {
	w.living = slices.DeleteFunc(w.living, func(o *process) bool { return o == p })
}

// anyone is one of the living, or nil.
func (w *World) anyone() *process {
	if len(w.living) == 0 {
		return nil
	}
	return pick(w.chance, w.living...)
}

// candidate is one of the living that campaign, or nil.
func (w *World) candidate() *process {
	var some []*process
	for _, p := range w.living {
		if !p.settings.observes {
			some = append(some, p)
		}
	}
	if len(some) == 0 {
		return nil
	}
	return pick(w.chance, some...)
}

// leader is the process whose work runs, or nil.
func (w *World) leader() *process {
	for _, p := range w.living {
		if p.working.Load() {
			return p
		}
	}
	return nil
}

// hush has the next calm wait until d from now.
func (w *World) hush(d time.Duration) {
	if t := time.Now().Add(d); t.After(w.quiet) {
		w.quiet = t
	}
}
