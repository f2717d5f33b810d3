package election

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/succession"
)

// A campaign is one call of Lead until it is elected: look, judge, wait, and CAS
// exactly the bytes whose evidence is complete.
type campaign struct {
	*candidacy
	*legacy
	watch   *watcher
	session *session
	pauses  *pauses
	single  *single // of a single attempt, else nil

	downSince *heartbeat.Instant // Redis gives no answer since then
	downTold  heartbeat.Instant  // the last report of that
	reminder  heartbeat.Instant  // the last report of a quarantine
	nobody    *heartbeat.Instant // nobody is known to lead since then
	told      record.Record      // the leader or quarantine that was last reported, as it was then
}

// newCampaign begins one; once is of a single attempt, else nil.
func newCampaign(e *Elector, s *session, once *single) *campaign {
	if e.watch == nil {
		e.watch = newWatcher(e.candidacy, e.legacy)
	}
	return &campaign{candidacy: e.candidacy, legacy: e.legacy, watch: e.watch, session: s, single: once, pauses: newPauses(e.timing, s.clock)}
}

// run returns the tenure once elected.
func (c *campaign) run(ctx context.Context) (*tenure, error) {
	defer c.watch.begin(c.session)()
	c.watch.pushes = c.single == nil
	for {
		t, err := c.round(ctx)
		switch {
		case t != nil:
			return t, nil
		case ctx.Err() != nil:
			return nil, c.ended(ctx)
		case Permanent(err):
			return nil, err
		case c.over(err) != nil:
			return nil, c.over(err)
		case err != nil:
			_ = c.retry(ctx, err) // its error is ctx's, met above
		default:
			c.reached()
			if !c.ready() {
				_ = c.watch.wait(ctx, min(c.standBackLeft(), c.untilReminder())) // its error is ctx's, too
			}
		}
	}
}

// ended says that ctx has ended before this candidate was elected, and who stood in its
// way.
func (c *campaign) ended(ctx context.Context) error {
	var met string
	if s := c.watch.now; s.Readable() && s.Rec.Held() && s.Rec.Grant() != c.former {
		met = fmt.Sprintf(" (%q leads in term %d)", s.Rec.Holder, s.Rec.Term)
	}
	return fmt.Errorf("election: %q: campaign ended before this candidate was elected%s: %w", c.cfg.Name, met, context.Cause(ctx))
}

// ready reports whether there is something to do without waiting: the answer of
// a CAS may have shown it.
func (c *campaign) ready() bool {
	if c.standBackLeft() < succession.Forever {
		return false
	}
	switch s := c.watch.now; {
	case !s.Present:
		return true
	case s.Rec.Status == record.Vacant:
		return c.watch.untilTurn() <= 0
	}
	silent, _ := c.watch.silent()
	return silent
}

// round is a look or what was pushed, and what follows from it.
func (c *campaign) round(ctx context.Context) (*tenure, error) {
	if err := c.watch.refresh(ctx); err != nil {
		return nil, err
	}
	if ctx.Err() != nil { // an answer may come although nobody wants it any more
		return nil, context.Cause(ctx)
	}
	s := c.watch.now
	c.note(s)
	if s.Foreign != nil {
		return nil, c.foreign(s)
	}
	if s.Rec.Held() && s.Rec.Grant() == c.former && c.memory.mayStand(c.former) {
		return nil, c.clearUp(ctx, s)
	}
	if c.decide(); c.standBackLeft() < succession.Forever || c.over(nil) != nil {
		return nil, nil
	}
	t, err := c.act(ctx, s)
	if t == nil && err == nil {
		c.decide()
	}
	return t, err
}

// clearUp releases what is left of a former term of our own, a beat that landed late
// for instance: its work has ended, and others wait a lease for nobody. It adopts
// nothing: exactly these bytes become vacant, for whoever comes first.
func (c *campaign) clearUp(ctx context.Context, s register.Observation) error {
	_, err := c.swap(ctx, s, s.Rec.Next(record.Vacant))
	return err
}

// act does what the record calls for.
func (c *campaign) act(ctx context.Context, s register.Observation) (*tenure, error) {
	switch {
	case !s.Present && c.cfg.Bootstrap == BootstrapImmediate && !c.memory.everSeen():
		return c.grant(ctx, s)
	case !s.Present:
		return nil, c.quarantine(ctx, s)
	case s.Rec.Status == record.Vacant && c.watch.untilTurn() > 0:
		return nil, nil
	case s.Rec.Status == record.Vacant:
		return c.grant(ctx, s)
	case s.Rec.Status == record.Quarantined && s.Rec.Lease < c.longestLease():
		return nil, c.lengthen(ctx, s)
	}
	if silent, _ := c.watch.silent(); silent {
		return c.grant(ctx, s)
	}
	return nil, nil
}

// quarantine marks an absence: what is missing may have been forgotten, with its
// leader at work. The record is waited for like that leader.
func (c *campaign) quarantine(ctx context.Context, s register.Observation) error {
	term, err := c.nextTerm(s)
	if err != nil {
		return err
	}
	q := record.Record{Status: record.Quarantined, Term: term, Lease: c.longestLease(), Holder: c.cfg.ID, Nonce: record.NewNonce(), ID: "-"}
	_, err = c.swap(ctx, s, q)
	return err
}

// longestLease is the longest lease that is known to be in use for this name.
func (c *campaign) longestLease() time.Duration { return max(c.cfg.Lease, c.memory.longestLease()) }

// lengthen makes a quarantine as long as the longest lease that is known: its
// author may not have known of it.
func (c *campaign) lengthen(ctx context.Context, s register.Observation) error {
	q := s.Rec.Next(record.Quarantined)
	q.Lease, q.Nonce = c.longestLease(), record.NewNonce()
	_, err := c.swap(ctx, s, q)
	return err
}

// swap executes a CAS on what was seen and takes in the answer.
func (c *campaign) swap(ctx context.Context, s register.Observation, next record.Record) (register.Observation, error) {
	answer, err := c.session.swap(ctx, c.candidacy, s.Contents, next)
	if err != nil {
		return answer, err
	}
	c.watch.saw(answer)
	if answer.Unheard != "" {
		c.report(Event{Kind: KindPublishFailed, Err: errors.New(answer.Unheard)})
	}
	return answer, nil
}

func (c *campaign) nextTerm(s register.Observation) (int64, error) {
	term, skewed, err := c.memory.nextTerm(s, c.watch.clocks)
	if skewed && err == nil {
		c.report(Event{Kind: KindClockSkew, Skew: c.watch.clocks.skew()})
	}
	return term, err
}

// note reports a new leader, and keeps since when nobody is known to lead.
func (c *campaign) note(s register.Observation) {
	if s.Readable() && s.Rec.Held() {
		c.nobody = nil
		c.noteLeader(s.Rec)
		return
	}
	if c.nobody == nil {
		now := c.session.clock.Now()
		c.nobody = &now
	}
	if s.Readable() && s.Rec.Status == record.Quarantined && s.Rec.Grant() != c.told.Grant() {
		c.told = s.Rec
		c.reminder = c.session.clock.Now()
		ev := Event{Kind: KindQuarantined, Wait: s.Rec.Lease}
		if c.cfg.Bootstrap == BootstrapImmediate {
			ev.Err = errors.New("waiting with the others although Bootstrap is BootstrapImmediate")
		}
		c.report(ev)
	}
}

func (c *campaign) noteLeader(r record.Record) {
	switch {
	case r.Grant() == c.former:
		return // what is left of a term of our own
	case r.Grant() != c.told.Grant():
		c.told = r
		c.report(Event{Kind: KindStandby, Leader: leaderOf(r)})
	case r.Status != c.told.Status:
		c.told = r // a request to step down, which anybody may write on a dead one's record
	case r.Holder == c.cfg.ID && r.Beat > c.told.Beat && !c.twinTold:
		c.twinTold = true // it beats, so it is no former run of ours
		c.report(Event{Kind: KindDuplicateID, Leader: leaderOf(r)})
	}
}

// standBackLeft is how much longer this candidate stands back, or forever if it
// doesn't: then there is nothing to wait for. A single attempt never does.
func (c *campaign) standBackLeft() time.Duration {
	if c.single != nil {
		return succession.Forever
	}
	if left := c.notBefore.Mono - c.session.clock.Now().Mono; left > 0 {
		return left
	}
	return succession.Forever
}

// retry reports trouble when it begins and then each minute, and waits a little, longer
// each time.
func (c *campaign) retry(ctx context.Context, err error) error {
	now := c.session.clock.Now()
	if c.downSince == nil {
		c.downSince = &now
	}
	if lasted := now.Mono - c.downSince.Mono; lasted == 0 || now.Mono-c.downTold.Mono >= time.Minute {
		c.downTold = now
		c.report(Event{Kind: KindUnreachable, Err: err, Lasted: lasted})
	}
	return c.session.pause(ctx, c.pauses.next(), nil)
}

// outage is for how long Redis has given no usable answer.
func (c *campaign) outage() time.Duration {
	if c.downSince == nil {
		return 0
	}
	return c.session.clock.Now().Mono - c.downSince.Mono
}

func (c *campaign) reached() {
	c.pauses.reset()
	if c.downSince != nil {
		c.report(Event{Kind: KindReachable, Lasted: c.outage()})
		c.downSince = nil
	}
}

// Reminders come while a process that was just started waits: a minute in which nothing
// is logged looks like a fault.
const (
	remindEach = 5 * time.Second
	remindFor  = time.Minute
)

// untilReminder reminds of a quarantine if that is due, and says when the next is.
func (c *campaign) untilReminder() time.Duration {
	s, now := c.watch.now, c.session.clock.Now()
	if !s.Readable() || s.Rec.Status != record.Quarantined || c.nobody == nil || now.Mono-c.nobody.Mono > remindFor {
		return succession.Forever
	}
	if now.Mono-c.reminder.Mono >= remindEach {
		c.reminder = now
		_, left := c.watch.silent()
		c.session.reporter.remind(c.candidacy, Event{Kind: KindQuarantined, Wait: left.Round(time.Millisecond)})
	}
	return remindEach - (now.Mono - c.reminder.Mono)
}

func (c *campaign) report(ev Event) { c.session.reporter.report(c.candidacy, ev) }
