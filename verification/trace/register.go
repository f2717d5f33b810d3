package trace

import (
	"slices"
	"time"

	"example.com/incumbent/verification/model"
)

// register is what the key held, and when.
type register struct {
	*model.Keeper

	past      []stay
	sent      map[request]bool
	first     map[model.Record]time.Duration // when a record was first sent
	unordered bool                           // terms need not rise any more
}

// request is a compare-and-set of a process.
type request struct {
	proc         int
	expect, next model.Record
}

// stay is a record in the register.
type stay struct {
	since time.Duration
	holds model.Record
	last  int64 // the highest term granted then
}

func newRegister() *register {
	r := &register{Keeper: model.NewKeeper(), sent: map[request]bool{}, first: map[model.Record]time.Duration{}}
	r.changed(0)
	return r
}

// again takes a compare-and-set on its way, and reports whether the process has sent it before.
func (r *register) again(proc int, expect, next model.Record, at time.Duration) bool {
	q := request{proc, expect, next}
	if r.sent[q] {
		return true
	}
	r.sent[q] = true
	if _, known := r.first[next]; !known {
		r.first[next] = at
	}
	r.Sent(expect, next)
	return false
}

// term is the highest that was granted; 0 where terms need not be above it.
func (r *register) term() int64 {
	if r.unordered {
		return 0
	}
	return r.Last()
}

// changed notes what the register holds from now on.
func (r *register) changed(at time.Duration) {
	if len(r.past) > 4000 {
		r.past = slices.Delete(r.past, 0, 2000)
	}
	r.past = append(r.past, stay{at, r.Holds(), r.term()})
}

// held finds when the register held a record, not before an instant.
func (r *register) held(rec model.Record, from time.Duration) (s stay, ok bool) {
	for _, s := range slices.Backward(r.past) {
		if s.holds == rec {
			return s, true
		}
		if s.since < from {
			break
		}
	}
	return stay{}, false
}

// since is from when on the register has held a record that it holds now.
func (r *register) since(rec model.Record) (time.Duration, bool) {
	last := r.past[len(r.past)-1]
	return last.since, last.holds == rec
}

// termAt is the highest term that was granted at an instant; 0 where terms need not be above it.
func (r *register) termAt(at time.Duration) int64 {
	for _, s := range slices.Backward(r.past) {
		if s.since <= at {
			return min(s.last, r.term())
		}
	}
	return 0
}
