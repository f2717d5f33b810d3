// Package oklogrun keeps singleton workers as one actor of an oklog/run group.
package oklogrun

import (
	"context"

	"example.com/incumbent/singleton"
)

// Actor returns the two functions for run.Group.Add. The group of actors then returns
// after the work of all workers has ended and leadership is released.
func Actor(workers *singleton.Group) (execute func() error, interrupt func(error)) {
	ctx, cancel := context.WithCancelCause(context.Background())
	return func() error { return workers.Run(ctx) }, func(err error) { cancel(err) }
}
