package schedule

import (
	"context"
	"fmt"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/register"
)

// A Schedule is some jobs. It is safe for concurrent use.
type Schedule struct {
	door // for the simulation of the ledger

	jobs []Job
}

// New returns a schedule. It checks everything and runs nothing; errors wrap
// [election.ErrConfig].
func New(jobs ...Job) (*Schedule, error) {
	complete, err := checked(jobs)
	if err != nil {
		return nil, err
	}
	return &Schedule{newDoor(complete), complete}, nil
}

// Work is an [election.Work] that runs the jobs for as long as this process leads. It
// reports to the logger and observer of its elector, with kinds of this package.
//
// The contexts of the runs end with the term. Work returns nil after the term has ended,
// when all runs have returned and the ledger says how they ended. It returns earlier with an
// error if the ledger cannot be used: [election.ErrForeignRecord] if its key holds something
// else, [election.ErrDenied] if a right is missing, [election.ErrUnfit] if the clock of Redis
// is more than a day off ours. While Redis gives no usable answer, due times wait.
//
// A panic in a run ends all runs, and then the panic goes on from Work. Outside of elected
// work it returns [election.ErrConfig], and [election.ErrRunning] if a schedule runs in this
// term already.
func (s *Schedule) Work(ctx context.Context, _ election.Term) error {
	h, ok := register.HolderFrom(ctx)
	if !ok || h.Line == nil { // the work of a lock has none
		return fmt.Errorf("%w: schedule: Work outside of elected work: give it to Lead, Keep or Run", election.ErrConfig)
	}
	past := pastOf(h)
	if !past.begin(h.Grant.Term) {
		return fmt.Errorf("%w: a schedule of election %q", election.ErrRunning, h.Name)
	}
	defer past.end(h.Grant.Term)
	return newRunner(ctx, h, past, s.jobs).run()
}
