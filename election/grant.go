package election

import (
	"context"
	"fmt"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
)

// grant tries to take the office from exactly the bytes that were seen. It
// returns no tenure and no error when another was faster.
//
// The new bytes are frozen, and trust counts from their first send, however often
// they are sent: a lost reply may hide that the first packet was executed.
func (c *campaign) grant(ctx context.Context, s register.Observation) (*tenure, error) {
	term, err := c.nextTerm(s)
	if err != nil {
		return nil, err
	}
	next := record.Record{Status: record.Led, Term: term, Lease: c.cfg.Lease, Holder: c.cfg.ID, Nonce: record.NewNonce(), ID: "-", Meta: c.cfg.Meta}
	first := c.session.clock.Now()
	why := c.beginning(s)
	answer, err := c.claim(ctx, s, next)
	if err != nil {
		c.giveUp(next)
		c.settle(s, next, first)
		return nil, err
	}
	c.reached()
	switch {
	case !answer.Readable() || answer.Rec.Grant() != next.Grant():
		return nil, nil // another was faster
	case ctx.Err() != nil:
		c.giveUp(next)
		c.giveBack(context.Background(), answer.Rec, first)
		return nil, context.Cause(ctx)
	case answer.Rec.Status != record.Led || answer.Rec.Beat != next.Beat || c.tooLate(first):
		c.giveUp(next)
		c.giveBack(context.Background(), answer.Rec, first)
		c.backAway()
		return nil, nil
	}
	return c.elected(ctx, answer.Rec, first, why), nil // the server may have added to the bytes
}

// beginning is why a term begins, and since when that was so.
type beginning struct {
	reason Reason
	since  heartbeat.Instant
}

func (c *campaign) beginning(s register.Observation) beginning {
	switch {
	case !s.Present:
		return beginning{reason: ReasonBootstrap}
	case s.Rec.Status == record.Vacant:
		return beginning{ReasonVacancy, *c.nobody}
	case s.Rec.Status == record.Quarantined:
		return beginning{reason: ReasonQuarantine}
	}
	return beginning{ReasonSilence, c.watch.judge.Since()}
}

// elected makes the tenure of a grant and reports it.
func (c *campaign) elected(ctx context.Context, rec record.Record, sent heartbeat.Instant, why beginning) *tenure {
	c.late = 0
	c.former = rec.Grant()
	t := c.session.newTenure(ctx, c.candidacy, rec, sent)
	ev := Event{Kind: KindElected, Term: Term(rec.Term), Reason: why.reason}
	switch passed := c.session.clock.Now().Mono - why.since.Mono; why.reason {
	case ReasonVacancy:
		ev.Gap = passed
	case ReasonSilence:
		ev.Silence = passed
	}
	c.report(ev)
	return t
}

// claim sends the same CAS until it is answered. It ends with an error only when
// the campaign does.
func (c *campaign) claim(ctx context.Context, s register.Observation, next record.Record) (register.Observation, error) {
	for {
		answer, err := c.swap(ctx, s, next)
		if err == nil || Permanent(err) || c.over(err) != nil {
			return answer, err
		}
		if err := c.retry(ctx, err); err != nil {
			return register.Observation{}, err
		}
	}
}

// tooLate reports whether a grant used up more than half of its trust on the way.
func (c *campaign) tooLate(first heartbeat.Instant) bool {
	return heartbeat.Elapsed(first, c.session.clock.Now()) > c.timing.Trust/2
}

// backAway stands back after a grant that came too late, for a lease and then
// twice as long each time, up to eight: whoever is nearer to Redis shall have it.
func (c *campaign) backAway() {
	d := c.cfg.Lease << min(c.late, 3)
	c.late++
	c.notBefore = c.session.clock.Now().Add(d)
	c.report(Event{Kind: KindGrantLate, Wait: d})
	if c.single != nil {
		c.single.decided = fmt.Errorf("%w: elected too late to be trusted, released at once; %s is too slow for this lease", ErrUnavailable, register.NewTarget(c.rdb).Name())
	}
}

// giveUp notes that a grant of ours is a former term from now on.
func (c *campaign) giveUp(granted record.Record) {
	c.former = granted.Grant()
	c.memory.giveUp(c.former)
}

func (c *campaign) giveBack(ctx context.Context, rec record.Record, first heartbeat.Instant) {
	if known, _ := c.session.release(ctx, c.candidacy, rec, first, nil); !known {
		c.report(Event{Kind: KindGrantUnresolved, Term: Term(rec.Term), Wait: c.timing.Failover().Worst})
	}
}

// settle clears up after a claim whose outcome is not known, before Lead
// returns: else a packet that is still under way could make a ghost of this
// candidate, and everybody would wait a lease for nobody. It looks; a grant of
// ours is released, for which an attempt is kept, and if the expected bytes still
// stand they are replaced, so that the packet fails.
func (c *campaign) settle(expected register.Observation, next record.Record, first heartbeat.Instant) {
	budget := c.session.clock.Timer(c.cfg.ReleaseTimeout)
	last, cancelLast := context.WithTimeout(context.Background(), budget+c.session.clock.Timer(c.timing.Attempt))
	defer cancelLast()
	ctx, cancel := context.WithTimeout(last, budget)
	defer cancel()
	cure := c.cure(expected, next)
	for {
		seen, err := c.session.look(ctx, c.candidacy, register.Note{})
		if err == nil && seen.Contents == expected.Contents {
			seen, err = c.session.swap(ctx, c.candidacy, expected.Contents, cure)
			if Permanent(err) {
				return // the claim was refused like its cure
			}
		}
		if err == nil {
			if seen.Readable() && seen.Rec.Held() && seen.Rec.Grant() == next.Grant() {
				c.giveBack(last, seen.Rec, first)
			}
			return // the expected bytes are gone, and never come back
		}
		if !Permanent(err) {
			err = c.session.pause(ctx, c.timing.Retry(), nil)
		}
		if err != nil {
			c.report(Event{Kind: KindGrantUnresolved, Term: Term(next.Term), Wait: c.timing.Failover().Worst, Err: fmt.Errorf("could not withdraw a grant whose outcome is unknown: %w", err)})
			return
		}
	}
}

// cure replaces the expected bytes: by a vacancy, since a claim is made only
// when the wait for them was served, or absence by a quarantine.
func (c *campaign) cure(expected register.Observation, next record.Record) record.Record {
	if !expected.Present {
		q := next
		q.Status, q.Nonce, q.Meta = record.Quarantined, record.NewNonce(), ""
		return q
	}
	v := expected.Rec.Next(record.Vacant)
	v.Nonce = record.NewNonce()
	return v
}
