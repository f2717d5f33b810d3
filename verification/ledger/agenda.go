package ledger

import "container/heap"

// agenda is what will happen, by the instant, and at one instant in the order in which it was
// put down.
type agenda struct {
	events []event
	count  int
}

type event struct {
	at    int64 // microseconds
	order int
	do    func()
}

func (a *agenda) put(at int64, do func()) {
	a.count++
	heap.Push(a, event{at, a.count, do})
}

func (a *agenda) Len() int      { return len(a.events) }
func (a *agenda) Swap(i, j int) { a.events[i], a.events[j] = a.events[j], a.events[i] }
func (a *agenda) Push(x any)    { a.events = append(a.events, x.(event)) }
func (a *agenda) Less(i, j int) bool {
	if a.events[i].at != a.events[j].at {
		return a.events[i].at < a.events[j].at
	}
	return a.events[i].order < a.events[j].order
}

// Pop takes the last.
func (a *agenda) Pop() any {
	last := a.events[len(a.events)-1]
	a.events[len(a.events)-1] = event{}
	a.events = a.events[:len(a.events)-1]
	return last
}
