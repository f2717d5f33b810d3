package singleton

import (
	"context"

	"example.com/incumbent/election"
)

// Run keeps work running on one of all the processes that call it with
// this name and Redis, with every default: [Keep] with a zero [Policy] and an
// elector whose config is only its name. It blocks until ctx ends and returns
// nil then, after the work has ended and leadership is released. Any other end
// is an error: see [Keep].
func Run(ctx context.Context, rdb election.Redis, name string, work election.Work) error {
	e, err := election.New(rdb, election.Config{Name: name})
	if err != nil {
		return err
	}
	return Keep(ctx, e, work, Policy{})
}
