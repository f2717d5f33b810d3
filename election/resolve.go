package election

import (
	"context"
	"fmt"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
)

// resolveGrant resolves a grant whose outcome is unknown, before Lead returns. Else a
// packet that is still under way could make this candidate the leader when it is gone,
// and the others would wait a lease for nobody. For the release of a grant that was
// executed an attempt is kept.
func (c *campaign) resolveGrant(ctx context.Context, expected register.Observation, next record.Record, first heartbeat.Instant) {
	clock := c.session.clock
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), clock.Timer(c.cfg.ReleaseTimeout)+clock.Timer(c.timing.Attempt))
	defer cancel()
	switch rec, became, err := c.resolve(ctx, expected, next); became {
	case held:
		c.releaseGrant(ctx, rec, first)
	case unknown:
		c.reportUnresolved(next, fmt.Errorf("could not withdraw a grant whose outcome is unknown: %w", err))
	}
}

// resolve finds out whether a grant was executed, and if not, sees to it that it never
// is. The record is what the grant has become, if it is held. With unknown comes the
// reason.
func (c *campaign) resolve(ctx context.Context, expected register.Observation, next record.Record) (record.Record, outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, c.session.clock.Timer(c.cfg.ReleaseTimeout))
	defer cancel()
	other := c.superseding(expected, next)
	for {
		rec, became, err := c.supersede(ctx, expected, next, other)
		if became != unknown || Permanent(err) {
			return rec, became, err
		}
		if c.session.pause(ctx, c.timing.Retry(), nil); ctx.Err() != nil {
			return rec, unknown, context.Cause(ctx)
		}
	}
}

// supersede looks whether a grant was executed. If the bytes that it expects still stand
// it replaces them by another record, so that the packet of the grant fails.
func (c *campaign) supersede(ctx context.Context, expected register.Observation, next, other record.Record) (record.Record, outcome, error) {
	seen, err := c.session.look(ctx, c.candidacy, register.Note{})
	if err == nil && seen.Contents == expected.Contents {
		seen, err = c.session.swap(ctx, c.candidacy, expected.Contents, other)
		if register.Persistent(err) {
			return seen.Rec, superseded, nil // Redis refuses what we write, and so it refused the grant
		}
	}
	switch {
	case err != nil:
		return seen.Rec, unknown, err
	case seen.Readable() && seen.Rec.Held() && seen.Rec.Grant() == next.Grant():
		return seen.Rec, held, nil
	}
	return seen.Rec, superseded, nil // the expected bytes are gone, and never come back
}

// superseding is what replaces the expected bytes: a vacancy, since a claim is made only
// when the wait for them was served, or a quarantine in place of absence.
func (c *campaign) superseding(expected register.Observation, next record.Record) record.Record {
	if !expected.Present {
		q := next
		q.Status, q.Nonce, q.Meta = record.Quarantined, record.NewNonce(), ""
		return q
	}
	v := expected.Rec.Next(record.Vacant)
	v.Nonce = record.NewNonce()
	return v
}
