package register

import "context"

// Execute is Send for simulations: it waits for no lane, has no timer and starts nothing.
func (l *Line) Execute(ctx context.Context, calls []Call) []Result { return l.execute(ctx, calls) }
