package election

import (
	"errors"
	"fmt"
	"time"

	"example.com/incumbent/internal/register"
)

// Causes of the end of a term, for errors.Is on context.Cause of the work's
// context. The caller's own cancellation appears as the cause that it gave.
var (
	// ErrLost is the cause when the record names another, or is gone; see [Error].
	ErrLost = errors.New("incumbent: leadership lost")
	// ErrExpired is the cause when no beat was confirmed within the trust.
	ErrExpired = errors.New("incumbent: no beat confirmed within the trust")
	// ErrStepDown is the cause when somebody asked the leader to step down.
	ErrStepDown = errors.New("incumbent: asked to step down")
	// ErrStalled is the cause when the work did not call [Progress] for [Config.Stall].
	ErrStalled = errors.New("incumbent: the work makes no progress: it did not call election.Progress for as long as Config.Stall")
	// ErrWorkEnded is the cause when the work returned although nobody asked it to.
	// It comes together with the work's error, if there is one. The work itself never
	// sees it.
	ErrWorkEnded = errors.New("incumbent: the work ended by itself")
)

// Errors of calls.
var (
	// ErrRunning is returned by [Elector.Lead] while this elector already leads
	// or campaigns, or if its context works for the same election already, and by
	// [Conn.Close] while an elector runs.
	ErrRunning = errors.New("incumbent: already running")
	// ErrClosed is returned after [Conn.Close].
	ErrClosed = errors.New("incumbent: closed")
	// ErrConfig is wrapped by every error about a bad [Config].
	ErrConfig = errors.New("incumbent: bad config")
	// ErrHeld is returned by [Elector.TryLead] when another leads; see [Error].
	ErrHeld = errors.New("incumbent: held by another")
	// ErrPaused is returned by [Elector.TryLead] when the election is paused; see [Error].
	ErrPaused = errors.New("incumbent: paused")
	// ErrDraining is returned by [Elector.Pause] and [Elector.Resume] when their context
	// ends while they wait for a leader that drains already, for another request.
	ErrDraining = errors.New("incumbent: the leader already drains")
	// ErrNoLeader is returned by [Elector.StepDown] when nobody leads.
	ErrNoLeader = errors.New("incumbent: nobody leads")
	// ErrNoElection is returned by [Elector.StepDown] and [Elector.Leader] when this
	// Redis knows no election of that name: nobody was ever a candidate, or Redis lost its
	// data. Check the name, the prefix, the database and the address.
	ErrNoElection = errors.New("incumbent: no such election")
	// ErrForeignRecord means that the key holds something that is no record of an
	// election. It is never overwritten; the message names the commands that show
	// it and that repair it.
	ErrForeignRecord = errors.New("incumbent: foreign record")
	// ErrDenied means that Redis refuses these credentials, or a right is missing.
	ErrDenied = register.ErrDenied
	// ErrUnfit means that this server or client cannot be used as it is: no scripting,
	// no such database, a plain client of a cluster, a clock more than a day off with no
	// record to count on from.
	ErrUnfit = register.ErrUnfit
	// ErrUnavailable means that Redis gave no usable answer. The request may have been
	// executed or not. The message has the address, if the client shows it.
	ErrUnavailable = register.ErrUnavailable
)

// Permanent reports whether err needs a person: waiting and trying again will
// not mend it. It is true of ErrForeignRecord, ErrDenied, ErrUnfit, ErrConfig
// and ErrClosed.
func Permanent(err error) bool {
	for _, p := range []error{ErrForeignRecord, ErrDenied, ErrUnfit, ErrConfig, ErrClosed} {
		if errors.Is(err, p) {
			return true
		}
	}
	return false
}

// An Error says more about [ErrLost], [ErrHeld] or [ErrPaused], which it wraps.
type Error struct {
	Name   string        // of the election
	Leader Leader        // who leads now; nobody if unknown
	Wait   time.Duration // it cannot be otherwise before; 0 if unknown
	Detail string        // for people
	Err    error
}

// Error describes the error in one sentence.
func (e *Error) Error() string {
	text := fmt.Sprintf("%v: election %q", e.Err, e.Name)
	switch {
	case e.Detail != "":
		text += ": " + e.Detail
	case !e.Leader.Nobody():
		text += fmt.Sprintf(" by %q, term %d", e.Leader.ID, e.Leader.Term)
	}
	if e.Wait > 0 {
		text += fmt.Sprintf(", for up to %v", e.Wait)
	}
	return text
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }
