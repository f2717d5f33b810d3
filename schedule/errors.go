package schedule

import "errors"

var (
	// ErrTimeout is the cause of the end of a run after Job.Timeout.
	ErrTimeout = errors.New("schedule: the run took too long")
	// ErrNoJob says that the ledger knows no job of that name, or that the leader has none.
	ErrNoJob = errors.New("schedule: no such job")
)
