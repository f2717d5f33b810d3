package sim

import (
	"slices"
	"time"

	"example.com/incumbent/verification/sim/check"
)

// fate is what happens to one request.
type fate struct {
	hold   time.Duration // it reaches the server so much later
	double time.Duration // it is executed again, so much later
	drop   bool          // it never reaches the server
	lose   bool          // its answer is lost
	silent bool          // and nobody is told
	atOnce action        // it is sent
	before action        // the server executes it
	after  action
}

// action is something that happens; nil is nothing.
type action func()

func (a action) call() {
	if a != nil {
		a()
	}
}

// trap waits for a request.
type trap struct {
	operation string
	kind      string // of the fault
	fate      func(p *process) fate
}

// set lays a trap for the next request of that operation.
func (w *World) set(t *trap) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.traps = append(w.traps, t)
}

// clear takes a trap away.
func (w *World) clear(t *trap) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.traps = slices.DeleteFunc(w.traps, func(o *trap) bool { return o == t })
}

// disarm takes all traps away.
func (w *World) disarm() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.traps = nil
}

// fate is what happens to a request of that process.
func (w *World) fate(p *process, operation string) fate {
	t := w.sprung(operation)
	if t == nil || p.dead.Load() {
		return fate{}
	}
	w.fault(t.kind)
	return t.fate(p)
}

func (w *World) sprung(operation string) *trap {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, t := range w.traps {
		if t.operation == operation {
			w.traps = slices.Delete(w.traps, i, i+1)
			return t
		}
	}
	return nil
}

// operations are what requests may be for.
var operations = []string{"grant", "beat", "release", "step down", "quarantine", "lengthen", "settle"}

// operation names what a compare-and-set is for.
func operation(was, next check.State) string {
	switch next.Status {
	case check.Led:
		if next.SameOwner(was) {
			return "beat"
		}
		return "grant"
	case check.Draining:
		if was.Status == check.Draining {
			return "beat"
		}
		return "step down"
	case check.Vacant:
		if next.SameOwner(was) {
			return "release"
		}
		return "settle"
	}
	if was.Present {
		return "lengthen"
	}
	return "quarantine"
}
