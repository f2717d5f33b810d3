// Package stepwise lets the simulation of the ledger take the steps of a schedule one by one:
// what decides and what takes in answers is real, and no goroutine and no connection is.
package stepwise

import (
	"context"
	"time"

	"example.com/incumbent/internal/register"
)

// A Door is how the simulation gets at a schedule. A public type embeds it, under an
// unexported alias, to have no method in its documentation whose types nobody can import.
type Door struct {
	begin func(kept context.Context, h register.Holder, start func(Start)) Term
}

// NewDoor returns a Door to what begin begins.
func NewDoor(begin func(kept context.Context, h register.Holder, start func(Start)) Term) Door {
	return Door{begin}
}

// BeginTerm begins a term. Leadership is kept until kept ends. It calls start, during steps,
// instead of the jobs' own functions.
func (d Door) BeginTerm(kept context.Context, h register.Holder, start func(Start)) Term {
	return d.begin(kept, h, start)
}

// A Start is a run that begins.
type Start struct {
	Job     string
	Due     time.Time // zero: it was asked for
	Key     string
	Attempt int
}

// A Term is a schedule in a term. One goroutine at a time may use it.
type Term interface {
	// Step takes in what has come and decides. It reports whether all is done.
	Step() (finished bool)
	// Pack is what to send now; nothing if it is empty.
	Pack() []register.Call
	// Answer brings what became of a packet.
	Answer(results []register.Result, received time.Duration)
	// Hear brings a notification.
	Hear(text string)
	// Ended brings that a run has ended.
	Ended(job string, err error)
	// Stop ends the term in an orderly way.
	Stop()
	// Wait is how long there is nothing to do, by the clock of the process.
	Wait() time.Duration
}
