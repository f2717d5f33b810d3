package singleton

import (
	"context"
	"fmt"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/scope"
)

// Hooks are for services that start and stop something when leadership comes and goes.
// They come in pairs: after OnElected was called, OnRevoked is called exactly once with
// the same term, also when OnElected failed or work panicked. Two terms of an election
// never overlap in a process. No beat waits for them.
type Hooks struct {
	// OnElected, if set, is called at the begin of a term, before work. Its
	// context ends with the term. An error ends the term.
	OnElected func(ctx context.Context, term election.Term) error
	// OnRevoked, if set, is called at the end of a term, after work has returned
	// and before leadership is released. It belongs to the term: after a loss it must
	// be done within the grace, together with the work. Its context has the values of
	// the term's. It does not end while leadership is kept; after a loss it ends with
	// the grace. The cause is that of the term's context, or wraps
	// [election.ErrWorkEnded] and the error of the work; [election.ReasonOf] names it
	// in a word.
	OnRevoked func(ctx context.Context, term election.Term, cause error)
}

func (h Hooks) none() bool { return h.OnElected == nil && h.OnRevoked == nil }

// Around returns work that calls the hooks before and after the given work, and
// returns its error. Work that is nil panics.
func (h Hooks) Around(work election.Work) election.Work {
	if work == nil {
		panic("singleton: Hooks.Around(nil): give the work, or use Hooks.Work")
	}
	return func(ctx context.Context, term election.Term) (err error) {
		if h.OnRevoked != nil {
			defer func() { h.OnRevoked(scope.Grace(ctx), term, causeOf(ctx, err)) }()
		}
		if h.OnElected != nil {
			if err := h.OnElected(ctx, term); err != nil {
				return fmt.Errorf("singleton: OnElected: %w", err)
			}
		}
		return work(ctx, term)
	}
}

// Work returns work that consists of the hooks alone: it waits for the end of the
// term between them, and returns nil then.
func (h Hooks) Work() election.Work { return h.Around(untilRevoked) }

func untilRevoked(ctx context.Context, _ election.Term) error {
	<-ctx.Done()
	return nil
}

// causeOf is why the term of ctx ends, now that its work has returned err.
func causeOf(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return fmt.Errorf("%w: %w", election.ErrWorkEnded, err)
	}
	return election.ErrWorkEnded
}
