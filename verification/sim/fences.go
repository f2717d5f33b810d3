package sim

import (
	"sync"

	"example.com/incumbent/verification/sim/check"
)

// rows is how many rows the table has.
const rows = 4

// fences are resources that compare terms.
type fences struct {
	w *World

	mu      sync.Mutex
	highest int64       // that the register has seen
	guard   int64       // the table's row of the election
	written [rows]int64 // the term that wrote each row last
}

func newFences(w *World) *fences { return &fences{w: w} }

// register is a single value that remembers the highest term.
func (f *fences) register(_ int, term int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	accepted := term >= f.highest
	if accepted {
		f.highest = term
	}
	f.w.history.Add(0, check.Fenced{Resource: "register", Term: term, Accepted: accepted})
}

// table is a transaction as SQL has it:
//
//	UPDATE guard SET term = $1 WHERE term <= $1  -- no row: roll back
//	UPDATE data SET term = $1 WHERE id = $2
func (f *fences) table(row int, term int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	accepted := f.guard <= term
	if accepted {
		f.guard = term
		f.written[row] = term
	}
	f.w.history.Add(0, check.Fenced{Resource: "table", Term: term, Accepted: accepted})
}
