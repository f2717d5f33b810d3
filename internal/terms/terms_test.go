package terms

import (
	"context"
	"errors"
	"testing"

	"example.com/incumbent/election"
	"example.com/incumbent/fence"
	"example.com/incumbent/internal/register"
)

// A request's context is of the same owner as the context that sent it, and no two owners have
// the same name in a store.
func TestAnOwnerArrivesAsItWasSent(t *testing.T) {
	seen := map[string]Owner{}
	for _, name := range []string{"nightly", "a/b:c", "space:nightly", "space:space:x", "staging:{nightly}", "space:{nightly}", "incumbent:x"} {
		for _, space := range []bool{false, true} {
			sent := Owner{name, space}
			ctx := register.WithHolder(t.Context(), sent.Holder(7))
			got, term, err := From(ctx)
			if got != sent || term != 7 || err != nil {
				t.Errorf("%v arrives as %v, %d, %v", sent, got, term, err)
			}
			if other, taken := seen[sent.StoreName()]; taken {
				t.Errorf("%v and %v are %q in a store", sent, other, sent.StoreName())
			}
			seen[sent.StoreName()] = sent
		}
	}
}

// Work without a term is none, and an ended context says why.
func TestFromWithoutATerm(t *testing.T) {
	for _, ctx := range []context.Context{t.Context(), register.WithHolder(t.Context(), Owner{"nightly", false}.Holder(0))} {
		if _, _, err := From(ctx); !errors.Is(err, fence.ErrNoTerm) {
			t.Error(err)
		}
	}
	reason := errors.New("the reason")
	ctx, end := context.WithCancelCause(register.WithHolder(t.Context(), Owner{"nightly", false}.Holder(7)))
	end(reason)
	if _, _, err := From(ctx); !errors.Is(err, reason) {
		t.Error(err)
	}
	for term, want := range map[election.Term]error{-1: fence.ErrNoTerm, 0: fence.ErrNoTerm, 1: nil, Max: nil, Max + 1: election.ErrConfig} {
		if err := CheckTerm(term); !errors.Is(err, want) {
			t.Errorf("%d: %v", term, err)
		}
	}
}
