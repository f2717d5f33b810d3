package electiontest

import (
	"sync"

	"example.com/incumbent/election"
	"example.com/incumbent/fence"
)

// A Fence is a resource that compares terms, as a database does with a clause
// like WHERE term <= $1: put one into the fake that the code under test writes
// to. The zero Fence is ready, and safe for concurrent use.
type Fence struct {
	mu       sync.Mutex
	highest  election.Term
	accepted int
	refused  int
	judge    func(term election.Term, err error) // of a fleet
}

// Write accepts a write of that term, unless a later one has written before:
// then it returns a [fence.Error], which wraps fence.ErrFenced.
func (f *Fence) Write(term election.Term) error {
	err := f.compare(term)
	if f.judge != nil {
		f.judge(term, err)
	}
	return err
}

func (f *Fence) compare(term election.Term) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if term < f.highest {
		f.refused++
		return &fence.Error{Resource: "electiontest.Fence", Term: term, Highest: f.highest}
	}
	f.highest = term
	f.accepted++
	return nil
}

// Writes returns how many writes were accepted and how many refused.
func (f *Fence) Writes() (accepted, refused int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.accepted, f.refused
}
