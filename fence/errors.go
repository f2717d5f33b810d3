package fence

import (
	"errors"
	"fmt"

	"example.com/incumbent/election"
)

var (
	// ErrFenced means that the resource has seen a later term, or that the record names
	// another or none; see [Error]. It is final, and nothing was written.
	ErrFenced = errors.New("fence: refused by the fence")
	// ErrNoTerm means that ctx works for no term: neither elected nor under a lock.
	ErrNoTerm = errors.New("fence: no term in the context")
)

// An Error says which terms met. It wraps [ErrFenced].
type Error struct {
	Resource string        // the key that was looked at: the record, or that of [At]; of SQL and HTTP the name of the resource
	Term     election.Term // of the refused write
	Highest  election.Term // that stands there; 0 if the record is gone
}

// Error describes the error in one sentence.
func (e *Error) Error() string {
	switch e.Highest {
	case 0:
		return fmt.Sprintf("%v: %q holds no record or seat of a lock, and the write is of term %d; the client must be for the server and database of the election or the space", ErrFenced, e.Resource, e.Term)
	case e.Term:
		return fmt.Sprintf("%v: %q is not held by this grant of term %d any more", ErrFenced, e.Resource, e.Term)
	}
	return fmt.Sprintf("%v: %q has term %d, and the write is of term %d", ErrFenced, e.Resource, e.Highest, e.Term)
}

// Unwrap returns [ErrFenced].
func (e *Error) Unwrap() error { return ErrFenced }
