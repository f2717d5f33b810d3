package election

import (
	"context"

	"example.com/incumbent/internal/seam"
)

// simulated is a seam.Register as a session's store and source of hints.
type simulated struct {
	seam.Register

	clock seam.Clock
}

var (
	_ store  = simulated{}
	_ hinter = simulated{}
)

func (s simulated) Look(ctx context.Context, key string) (sighting, error) {
	sent := s.clock.Now()
	c, server, err := s.Register.Look(ctx, key)
	if err != nil {
		return sighting{}, classify(err)
	}
	seen := newSighting(c.Present, c.Bytes)
	seen.server, seen.sent, seen.received = server, sent, s.clock.Now()
	return seen, nil
}

func (s simulated) Peek(ctx context.Context, key string) (sighting, error) { return s.Look(ctx, key) }

func (s simulated) CAS(ctx context.Context, swaps ...swap) []reply {
	replies := make([]reply, len(swaps))
	for i, sw := range swaps {
		sent := s.clock.Now()
		expect := seam.Contents{Present: sw.expect.present, Bytes: sw.expect.bytes}
		c, err := s.Register.CAS(ctx, sw.place.key, sw.place.channel, expect, sw.next)
		if err != nil {
			replies[i].err = classify(err)
			continue
		}
		seen := newSighting(c.Present, c.Bytes)
		seen.sent, seen.received = sent, s.clock.Now()
		replies[i].sighting = seen
	}
	return replies
}

func (s simulated) listen(channel string, l *listener) (stop func()) {
	return s.Listen(channel, func(payload string) {
		if payload == "" {
			l.hear(push{subscribed: true})
			return
		}
		p := push{sighting: newSighting(true, payload)}
		p.received = s.clock.Now()
		if p.readable() {
			l.hear(p)
		}
	})
}

func (simulated) stop() {}
