package election

import (
	"errors"
	"fmt"

	"example.com/incumbent/internal/register"
)

// Causes of the end of a term, for errors.Is on context.Cause of the work's
// context. The caller's own cancellation appears as the cause that it gave.
var (
	// ErrLost is the cause when the record names another, or is gone: see
	// [LostError], which wraps it.
	ErrLost = errors.New("election: office lost")
	// ErrExpired is the cause when no beat was confirmed within the trust.
	ErrExpired = errors.New("election: no beat confirmed within the trust")
	// ErrStepDown is the cause when somebody asked the leader to step down.
	ErrStepDown = errors.New("election: asked to step down")
	// ErrWorkEnded is the cause when the work returned although nobody asked it to.
	// It comes together with the work's error, if there is one. The work itself never
	// sees it.
	ErrWorkEnded = errors.New("election: the work ended by itself")
)

// Errors of calls.
var (
	// ErrRunning is returned by [Elector.Lead] while this elector already leads
	// or campaigns, or if its context works for the same election already, and by
	// [Conn.Close] while an elector runs.
	ErrRunning = errors.New("election: already running")
	// ErrClosed is returned after [Conn.Close].
	ErrClosed = errors.New("election: connection closed")
	// ErrConfig is wrapped by every error about a bad [Config].
	ErrConfig = errors.New("election: bad config")
	// ErrHeld is wrapped by [HeldError]: a single attempt found a leader.
	ErrHeld = errors.New("election: held by another")
	// ErrNoLeader is returned by [Elector.StepDown] when nobody holds the office.
	ErrNoLeader = errors.New("election: nobody holds the office")
	// ErrNoElection is returned by [Elector.StepDown] and [Elector.Leader] when this
	// Redis knows no election of that name: none was ever held there, or Redis lost its
	// memory. Check the name, the prefix, the database and the address.
	ErrNoElection = errors.New("election: no such election")
	// ErrForeignRecord means that the key holds something that is no record of an
	// election. It is never overwritten; the message names the commands that show
	// it and that repair it.
	ErrForeignRecord = errors.New("election: foreign record")
	// ErrDenied means that Redis refuses these credentials, or a right is missing.
	ErrDenied = register.ErrDenied
	// ErrUnfit means that this server or client cannot be used as it is: no scripting,
	// no such database, a plain client of a cluster, a clock more than a day off.
	ErrUnfit = register.ErrUnfit
	// ErrUnavailable means that Redis gave no usable answer. The request may have been
	// executed or not. The message has the address, if the client tells it.
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

// A LostError says to whom or to what an office was lost. It wraps [ErrLost].
type LostError struct {
	Election string
	To       Leader // who holds the office now; nobody if the record is gone
	Why      string // what was found, for people
}

func (e *LostError) Error() string {
	return fmt.Sprintf("%v: election %q: %s", ErrLost, e.Election, e.Why)
}

func (e *LostError) Unwrap() error { return ErrLost }

// A HeldError says by whom an office is held. It wraps [ErrHeld].
type HeldError struct {
	Election string
	By       Leader
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("%v: election %q by %q, term %d", ErrHeld, e.Election, e.By.ID, e.By.Term)
}

func (e *HeldError) Unwrap() error { return ErrHeld }
