package election

import (
	"context"
	"time"

	"example.com/incumbent/internal/seam"
)

// simulated is a seam.Register as a session's store.
type simulated struct {
	seam.Register

	clock  seam.Clock
	ctx    context.Context //nolint:containedctx // ends with the session, as a client's connections do
	cancel context.CancelFunc
}

var _ store = simulated{}

func newSimulated(r seam.Register, clock seam.Clock) simulated {
	ctx, cancel := context.WithCancel(context.Background())
	return simulated{r, clock, ctx, cancel}
}

func (s simulated) Do(ctx context.Context, requests ...request) []reply {
	replies := make([]reply, len(requests))
	for i, q := range requests {
		seen, err := s.execute(ctx, q)
		if err != nil {
			err = classify(err)
		}
		replies[i] = reply{seen, err}
	}
	return replies
}

func (s simulated) execute(ctx context.Context, q request) (sighting, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.ctx, cancel)()
	sent := s.clock.Now()
	var c seam.Contents
	var server time.Time
	var err error
	switch {
	case q.swap == nil && q.note.channel != "":
		c, server, err = s.Look(ctx, q.place.key, seam.Note{Channel: q.note.channel, Text: q.note.text})
	case q.swap == nil:
		c, server, err = s.Look(ctx, q.place.key)
	default:
		expect := seam.Contents{Present: q.swap.expect.present, Bytes: q.swap.expect.bytes}
		c, err = s.CAS(ctx, q.place.key, expect, q.swap.next, q.place.records(), q.swap.heirs...)
	}
	seen := newSighting(c.Present, c.Bytes)
	seen.server, seen.sent, seen.received = server, sent, s.clock.Now()
	return seen, err
}

func (s simulated) Peek(ctx context.Context, key string) (sighting, error) {
	seen, err := s.execute(ctx, request{place: place{key: key}})
	if err != nil {
		err = classify(err)
	}
	return seen, err
}
