package election

import (
	"context"

	"example.com/incumbent/internal/register"
)

// remembering is a store whose replies go into the memory of their election before
// anybody gets them, and also if nobody waits for them any more. Beats are remembered by
// the beater: see remember there.
type remembering struct {
	register.Store
	of func(key string) *memory // nil for an election that nobody asked for in a long time
}

// Do executes requests in one packet.
func (r *remembering) Do(ctx context.Context, requests ...register.Request) []register.Reply {
	replies := r.Store.Do(ctx, requests...)
	for i, q := range requests {
		r.of(q.Place.Key).learn(replies[i])
	}
	return replies
}

// Peek is a look in plain commands.
func (r *remembering) Peek(ctx context.Context, key string) (register.Observation, error) {
	seen, err := r.Store.Peek(ctx, key)
	r.of(key).learn(register.Reply{Observation: seen, Err: err})
	return seen, err
}
