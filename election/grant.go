package election

import (
	"context"
	"fmt"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
)

// grant tries to be elected: it replaces exactly the bytes that were seen. It returns no
// leadership and no error when another was faster.
//
// The new bytes are frozen, and trust counts from their first send, however often
// they are sent: a lost reply may hide that the first packet was executed.
func (c *campaign) grant(ctx context.Context, seen register.Observation) (*leadership, error) {
	term, err := c.nextTerm(seen)
	if err != nil {
		return nil, err
	}
	next := record.Record{Status: record.Led, Term: term, Lease: c.cfg.Lease, Holder: c.cfg.ID, Nonce: record.NewNonce(), ID: "-", Meta: c.cfg.Meta}
	next = next.WithPause(c.pauseBefore(seen))
	first := c.session.clock.Now()
	why := c.beginning(seen)
	answer, err := c.claim(ctx, seen, next)
	if err != nil {
		c.giveUp(next)
		c.resolveGrant(ctx, seen, next, first)
		return nil, err
	}
	switch {
	case !answer.Readable() || answer.Rec.Grant() != next.Grant():
		return nil, nil // another was faster
	case ctx.Err() != nil:
		c.giveUp(next)
		c.releaseGrant(context.WithoutCancel(ctx), answer.Rec, first)
		return nil, context.Cause(ctx)
	case answer.Rec.Status != record.Led || answer.Rec.Beat != next.Beat && !answer.Rec.IsSteered() || c.tooLate(first):
		c.giveUp(next)
		c.releaseGrant(context.WithoutCancel(ctx), answer.Rec, first)
		c.backOffAfterLateGrant()
		return nil, nil
	}
	return c.elected(ctx, answer.Rec, first, why), nil // the server may have added to the bytes
}

// beginning is why a term begins, and since when that was so.
type beginning struct {
	reason Reason
	since  heartbeat.Instant
}

func (c *campaign) beginning(seen register.Observation) beginning {
	switch {
	case !seen.Present:
		return beginning{reason: ReasonBootstrap}
	case seen.Rec.Status == record.Vacant:
		return beginning{ReasonVacancy, *c.leaderlessSince}
	case seen.Rec.Status == record.Quarantined:
		return beginning{reason: ReasonQuarantine}
	}
	return beginning{ReasonSilence, c.watch.judge.Since()}
}

// elected makes the leadership of a grant and reports it.
func (c *campaign) elected(ctx context.Context, rec record.Record, sent heartbeat.Instant, why beginning) *leadership {
	c.legacy.lateGrants = 0
	c.legacy.former = rec.Grant()
	t := c.session.newLeadership(ctx, c.candidacy, rec, sent)
	ev := Event{Kind: KindElected, Term: Term(rec.Term), Reason: why.reason}
	switch passed := c.session.clock.Now().Since(why.since); why.reason {
	case ReasonVacancy:
		ev.Gap = passed
	case ReasonSilence:
		ev.Silence = passed
	}
	if t.hold == nil {
		c.report(ev)
		return t
	}
	t.hold.elected = ev
	p := rec.Pause()
	paused := Event{Kind: KindPaused, Term: ev.Term, By: p.By, Text: p.Reason}
	if p.Until != 0 {
		paused.Wait = max(0, p.End().Sub(c.watch.clocks.server))
	}
	c.report(paused)
	return t
}

// claim sends the same compare-and-set until it is answered. It ends with an error only
// when the campaign does.
func (c *campaign) claim(ctx context.Context, seen register.Observation, next record.Record) (register.Observation, error) {
	for {
		answer, err := c.swap(ctx, seen, next)
		if err == nil || c.isFinal(err) {
			return answer, err
		}
		if c.retry(ctx, err); ctx.Err() != nil {
			return answer, context.Cause(ctx)
		}
	}
}

// tooLate reports whether a grant used up more than half of its trust on the way.
func (c *campaign) tooLate(first heartbeat.Instant) bool {
	return heartbeat.Elapsed(first, c.session.clock.Now()) > c.timing.Trust/2
}

// backOffAfterLateGrant starts a cool-down after a grant that came too late: a lease, and
// then twice as long each time, up to eight. Whoever is nearer to Redis shall lead.
func (c *campaign) backOffAfterLateGrant() {
	d := c.cfg.Lease << min(c.legacy.lateGrants, 3)
	c.legacy.lateGrants++
	c.legacy.coolDownEnds = c.session.clock.Now().Add(d)
	c.report(Event{Kind: KindGrantLate, Wait: d})
	if c.single != nil {
		c.single.decided = fmt.Errorf("%w: elected too late to be trusted, released at once; %s is too slow for this lease", ErrUnavailable, register.NewTarget(c.rdb).Name())
	}
}

// giveUp notes that a grant of ours is a former term from now on.
func (c *campaign) giveUp(granted record.Record) {
	c.legacy.former = granted.Grant()
	c.memory().giveUp(c.legacy.former)
}

// releaseGrant releases a grant that becomes no term.
func (c *campaign) releaseGrant(ctx context.Context, granted record.Record, first heartbeat.Instant) {
	if c.session.release(ctx, c.candidacy, granted, first, nil) == unknown {
		c.reportUnresolved(granted, nil)
	}
}

func (c *campaign) reportUnresolved(granted record.Record, err error) {
	c.report(Event{Kind: KindGrantUnresolved, Term: Term(granted.Term), Wait: c.timing.Failover().Worst, Err: err})
}
