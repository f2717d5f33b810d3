package cell

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// acquired counts the elections that [acquire] needs: one more than it acquires.
func acquired(s Spec) int { return s.Plan.Acquires + 1 }

// acquire measures how long it takes to get offices that are vacant. The node
// leads another one meanwhile, so that all systems have their connections.
func acquire(ctx context.Context, b *bench) (values Values, err error) {
	node, err := b.system.Open(b.target)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, node.Close()) }()
	anchor := startTerm(ctx, node, b.elections[0])
	defer anchor.end()
	if err := anchor.await(ctx, b.Plan.Patience); err != nil {
		return nil, err
	}
	took := make([]float64, 0, b.Plan.Acquires)
	err = b.profiled("window", func() error {
		for _, election := range b.elections[1:] {
			began := time.Now()
			t := startTerm(ctx, node, election)
			if err := t.await(ctx, b.Plan.Patience); err != nil {
				return fmt.Errorf("%s: %w", election, err)
			}
			took = append(took, micros(t.elected.Sub(began)))
			t.end()
		}
		return nil
	})
	values = Values{"runs": float64(len(took))}
	summarise(took).into(values, "")
	return values, err
}
