package register

import (
	"context"
	"time"

	"example.com/incumbent/internal/seam"
)

// Simulated is a seam.Register as a session's store.
type Simulated struct {
	seam.Register

	clock  seam.Clock
	ctx    context.Context    //nolint:containedctx // ends with the session, as a client's connections do
	Cancel context.CancelFunc // of what is under way and of what is asked later
}

var _ Store = Simulated{}

// NewSimulated returns a store until it is canceled.
func NewSimulated(r seam.Register, clock seam.Clock) Simulated {
	ctx, cancel := context.WithCancel(context.Background())
	return Simulated{r, clock, ctx, cancel}
}

// Do executes requests, each for itself.
func (s Simulated) Do(ctx context.Context, requests ...Request) []Reply {
	replies := make([]Reply, len(requests))
	for i, q := range requests {
		seen, err := s.execute(ctx, q)
		if err != nil {
			err = Classify(err)
		}
		replies[i] = Reply{seen, err}
	}
	return replies
}

func (s Simulated) execute(ctx context.Context, q Request) (Observation, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.ctx, cancel)()
	sent := s.clock.Now()
	var c seam.Contents
	var server time.Time
	var err error
	switch {
	case q.Swap == nil && q.Note.Channel != "":
		c, server, err = s.Look(ctx, q.Place.Key, seam.Note{Channel: q.Note.Channel, Text: q.Note.Text})
	case q.Swap == nil:
		c, server, err = s.Look(ctx, q.Place.Key)
	default:
		expect := seam.Contents{Present: q.Swap.Expect.Present, Bytes: q.Swap.Expect.Bytes}
		c, err = s.CAS(ctx, q.Place.Key, expect, q.Swap.Next, q.Place.Records(), q.Swap.Heirs...)
	}
	seen := NewObservation(c.Present, c.Bytes)
	seen.Server, seen.Sent, seen.Received = server, sent, s.clock.Now()
	return seen, err
}

// Peek is a look.
func (s Simulated) Peek(ctx context.Context, key string) (Observation, error) {
	seen, err := s.execute(ctx, Request{Place: Place{Key: key}})
	if err != nil {
		err = Classify(err)
	}
	return seen, err
}
