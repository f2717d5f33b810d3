package demo

import (
	"errors"

	"example.com/incumbent/election"
)

// Exit codes: those of sysexits.h where it has one.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitUnreachable = 69
	exitDenied      = 77
	exitUnfit       = 78 // also a foreign record
)

// errUnreachable is wrapped by the sentence about a Redis that cannot be reached.
var errUnreachable = errors.New("cannot reach redis")

func exitCode(err error) int {
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errUnreachable):
		return exitUnreachable
	case errors.Is(err, election.ErrDenied):
		return exitDenied
	case election.Permanent(err):
		return exitUnfit
	}
	return exitFailure
}
