package election

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
)

// A campaign is one call of Lead until it is elected. It observes the record, decides
// what to do, and does that, again and again. The rules are those of [decide].
type campaign struct {
	*candidacy

	legacy  *legacy
	watch   *watcher
	session *session
	pauses  *pauses
	single  *single // of a single attempt, else nil

	downSince       *heartbeat.Instant // Redis gives no answer since then
	outageReported  heartbeat.Instant  // when that was last reported
	reminded        heartbeat.Instant  // when a quarantine was last reported
	leaderlessSince *heartbeat.Instant // nobody is known to lead since then
	lastReported    record.Record      // the leader or quarantine that was last reported, as it was then
}

// newCampaign begins one; once is of a single attempt, else nil.
func newCampaign(e *Elector, s *session, once *single) *campaign {
	if e.watch == nil {
		e.watch = newWatcher(e.candidacy, e.legacy)
	}
	return &campaign{candidacy: e.candidacy, legacy: e.legacy, watch: e.watch, session: s, single: once, pauses: newPauses(e.timing, s.clock)}
}

// run returns the leadership once elected.
func (c *campaign) run(ctx context.Context) (*leadership, error) {
	defer c.watch.begin(c.session)()
	c.watch.useNotifications = c.single == nil
	for ctx.Err() == nil {
		t, err := c.step(ctx)
		switch {
		case t != nil:
			return t, nil
		case err == nil || ctx.Err() != nil:
		case c.isFinal(err):
			return nil, err
		default:
			c.retry(ctx, err)
		}
	}
	return nil, c.ended(ctx)
}

// step observes, decides, and does what was decided.
func (c *campaign) step(ctx context.Context) (*leadership, error) {
	err := c.observe(ctx)
	if err != nil || ctx.Err() != nil { // an answer may come although nobody wants it any more
		return nil, err
	}
	now := c.session.clock.Now()
	t, err := c.do(ctx, decide(c.watch.now, c.knowledge(now), now))
	if t == nil && err == nil {
		c.judgeAttempt() // by what a compare-and-set was answered
	}
	return t, err
}

// observe takes in notifications, and looks if that is due. A single attempt that is
// decided needs no more of it.
func (c *campaign) observe(ctx context.Context) error {
	if c.single != nil && c.single.decided != nil {
		return nil
	}
	err := c.watch.refresh(ctx)
	if err != nil || ctx.Err() != nil {
		return err
	}
	c.trackLeader(c.watch.now)
	c.judgeAttempt()
	return nil
}

// knowledge is what is known besides the record that is tracked.
func (c *campaign) knowledge(now heartbeat.Instant) knowledge {
	m := c.memory()
	k := knowledge{
		bootstrap: c.cfg.Bootstrap, everSeen: m.everSeen(), longestLease: c.longestLease(),
		coolDownEnds: c.legacy.coolDownEnds, turnBegins: c.watch.turn.Begins(),
		silenceEnds: c.watch.silenceEnds(now),
	}
	if m.mayStand(c.legacy.former) {
		k.former = c.legacy.former
	}
	if c.single != nil {
		k.single, k.decided = true, c.single.decided
	}
	return k
}

// do does what was decided. It returns no leadership and no error when this candidate is not
// elected yet.
func (c *campaign) do(ctx context.Context, a action) (*leadership, error) {
	seen := c.watch.now
	switch a.act {
	case actGrant:
		return c.grant(ctx, seen)
	case actQuarantine:
		return nil, c.quarantine(ctx, seen)
	case actLengthen:
		return nil, c.lengthen(ctx, seen)
	case actVacate:
		return nil, c.vacate(ctx, seen)
	case actStop:
		return nil, c.single.decided
	case actRefuse:
		return nil, c.foreign(seen)
	}
	c.reached()
	c.watch.wait(ctx, min(a.wait, c.remind()))
	return nil, nil
}

// isFinal reports whether an error ends the campaign: no other attempt would mend it.
func (c *campaign) isFinal(err error) bool {
	return Permanent(err) || c.single != nil && (c.single.decided != nil || c.outage() >= c.cfg.Lease)
}

// ended says that ctx has ended before this candidate was elected, and who stood in its
// way.
func (c *campaign) ended(ctx context.Context) error {
	var met string
	if s := c.watch.now; s.Readable() && s.Rec.Held() && s.Rec.Grant() != c.legacy.former {
		met = fmt.Sprintf(" (%q leads in term %d)", s.Rec.Holder, s.Rec.Term)
	}
	return fmt.Errorf("election: %q: campaign ended before this candidate was elected%s: %w", c.cfg.Name, met, context.Cause(ctx))
}

// vacate releases what is left of a former term of our own, a beat that landed late
// for instance: its work has ended, and others wait a lease for nobody. It adopts
// nothing: exactly these bytes become vacant, for whoever comes first.
func (c *campaign) vacate(ctx context.Context, seen register.Observation) error {
	_, err := c.swap(ctx, seen, seen.Rec.Next(record.Vacant))
	return err
}

// quarantine marks an absence: what is missing may have been forgotten, with its
// leader at work. The record is waited for like that leader.
func (c *campaign) quarantine(ctx context.Context, seen register.Observation) error {
	term, err := c.nextTerm(seen)
	if err != nil {
		return err
	}
	q := record.Record{Status: record.Quarantined, Term: term, Lease: c.longestLease(), Holder: c.cfg.ID, Nonce: record.NewNonce(), ID: "-"}
	_, err = c.swap(ctx, seen, q.WithPause(c.pauseBefore(seen)))
	return err
}

// pauseBefore is the pause that a record in place of the one that was seen must have: that
// of the record, or of the last one that is known if Redis forgot it. One that is over by
// the server's clock is left out.
func (c *campaign) pauseBefore(seen register.Observation) record.Pause {
	p := seen.Rec.Pause()
	if !seen.Present {
		p = c.memory().lastPause()
	}
	if c.watch.clocks.over(p) {
		return record.Pause{}
	}
	return p
}

// longestLease is the longest lease that is known to be in use for this name.
func (c *campaign) longestLease() time.Duration { return max(c.cfg.Lease, c.memory().longestLease()) }

// lengthen makes a quarantine as long as the longest lease that is known: its
// author may not have known of it.
func (c *campaign) lengthen(ctx context.Context, seen register.Observation) error {
	q := seen.Rec.Next(record.Quarantined)
	q.Lease, q.Nonce = c.longestLease(), record.NewNonce()
	_, err := c.swap(ctx, seen, q)
	return err
}

// swap executes a compare-and-set on what was seen and takes in the answer.
func (c *campaign) swap(ctx context.Context, seen register.Observation, next record.Record) (register.Observation, error) {
	answer, err := c.session.swap(ctx, c.candidacy, seen.Contents, next)
	if err != nil {
		return answer, err
	}
	c.watch.saw(answer)
	if !answer.Present {
		c.watch.inbox.lookAgain() // for the server's time: the record that is gone may be newer than the last look
	}
	if answer.PublishErr != "" {
		c.report(Event{Kind: KindPublishFailed, Err: errors.New(answer.PublishErr)})
	}
	c.reached()
	return answer, nil
}

func (c *campaign) nextTerm(seen register.Observation) (int64, error) {
	term, skewed, err := c.memory().nextTerm(seen, c.watch.clocks)
	if skewed && err == nil {
		c.report(Event{Kind: KindClockSkew, Skew: c.watch.clocks.skew()})
	}
	return term, err
}
