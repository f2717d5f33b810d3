package lock

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"example.com/incumbent/election"
)

// Errors. Those of the server's state (election.ErrDenied, ErrUnfit, ErrForeignRecord) are as
// in package election.
var (
	// ErrHeld means that the lock was not obtained; see [Error].
	ErrHeld = election.ErrHeld
	// ErrLost means that the lock went while the work ran.
	ErrLost = election.ErrLost
	// ErrExpired means the same: no beat was confirmed in time.
	ErrExpired = election.ErrExpired
	// ErrUnavailable means that Redis gave no usable answer.
	ErrUnavailable = election.ErrUnavailable
	// ErrConfig is wrapped by every error about bad input.
	ErrConfig = election.ErrConfig
	// ErrRunning is returned by [Space.Close] while something is held or waited for.
	ErrRunning = election.ErrRunning
	// ErrClosed is returned after [Space.Close].
	ErrClosed = election.ErrClosed
)

// Errors of [Once].
var (
	// ErrInProgress means that the first call is still at work, and OnceConfig.NoWait is set.
	ErrInProgress = errors.New("lock: in progress")
	// ErrMismatch means that the key was used with another fingerprint.
	ErrMismatch = errors.New("lock: other fingerprint for the same key")
	// ErrUnknownOutcome means that the first call died in the middle. A person or a query must
	// decide, then call [Space.ForgetOnce].
	ErrUnknownOutcome = errors.New("lock: unknown outcome")
	// ErrTooLarge means that the work was done, but its result could not be kept.
	ErrTooLarge = errors.New("lock: result too large")
)

// A Holder is who holds a lock.
type Holder struct {
	ID    string // Config.ID of the process
	Term  Term
	Since time.Time // by the clock of Redis
	Seat  int       // from 0
}

// String is for people.
func (h Holder) String() string {
	return fmt.Sprintf("%q since %s", h.ID, h.Since.UTC().Format("2006-01-02T15:04:05.000Z"))
}

// An Error says by whom a lock is held. It wraps [ErrHeld], and the cause of the context
// if that ended the wait; or [ErrUnknownOutcome] with the holder of then.
type Error struct {
	Space, Name string
	Holders     []Holder      // empty while the whole space waits after a loss of data
	Waited      time.Duration // for the lock
	Err         error

	closed bool // the whole space waits
}

// Error describes the error in one sentence.
func (e *Error) Error() string {
	text := fmt.Sprintf("%v: lock %q of space %q", e.Err, e.Name, e.Space)
	switch {
	case e.closed:
		text += ": nobody gets one for a lease, since Redis knows nothing of the space or has lost its data; wait for longer"
	case len(e.Holders) > 0:
		const most = 3
		names := make([]string, 0, most)
		for _, h := range e.Holders[:min(most, len(e.Holders))] {
			names = append(names, h.String())
		}
		text += ": " + strings.Join(names, ", ")
		if more := len(e.Holders) - most; more > 0 {
			text += fmt.Sprintf(" and %d more", more)
		}
	}
	if e.Waited > 0 {
		text += fmt.Sprintf(", waited %v", e.Waited.Round(time.Millisecond))
	}
	return text
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// held is the error of a wait that has ended: by itself, or with the context's cause.
func held(cause error) error {
	if cause == nil {
		return ErrHeld
	}
	return fmt.Errorf("%w: %w", ErrHeld, cause)
}

// endError is the cause of the end of a lock's work: which lock, and why.
type endError struct {
	space, name string
	term        int64
	why         error
}

func (e *endError) Error() string {
	return fmt.Sprintf("%v (lock %q of space %q, term %d)", e.why, e.name, e.space, e.term)
}

func (e *endError) Unwrap() error { return e.why }

// causeOf is the cause of a context that has ended, or nil.
func causeOf(ctx context.Context) error {
	if err := election.ContextErr(ctx); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		return err
	}
	return nil
}
