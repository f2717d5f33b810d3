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
	ask   func(h register.Holder, r Request, text string, server int64) (register.Call, bool)
}

// NewDoor returns a Door to what begin begins, and to what ask asks for.
func NewDoor(begin func(kept context.Context, h register.Holder, start func(Start)) Term, ask func(h register.Holder, r Request, text string, server int64) (register.Call, bool)) Door {
	return Door{begin, ask}
}

// BeginTerm begins a term. Leadership is kept until kept ends. It calls start, during steps,
// instead of the jobs' own functions.
func (d Door) BeginTerm(kept context.Context, h register.Holder, start func(Start)) Term {
	return d.begin(kept, h, start)
}

// AskFor is the write of somebody who asks for something, and has read an entry at that time of
// the server in microseconds. It is false if there is nothing to write.
func (d Door) AskFor(h register.Holder, r Request, text string, server int64) (call register.Call, ok bool) {
	return d.ask(h, r, text, server)
}

// A Request is for a run, for a pause, or else for the end of one.
type Request struct {
	Job        string
	Run, Pause bool
	Until      time.Time // of a pause; zero: for ever
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
