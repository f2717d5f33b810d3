package election

import (
	"context"
	"errors"
	"time"

	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/succession"
)

// What a candidate reports while it waits: who leads, quarantines, and outages of Redis.

// trackLeader reports a new leader, and keeps since when nobody is known to lead.
func (c *campaign) trackLeader(seen register.Observation) {
	if seen.Readable() && seen.Rec.Held() {
		c.leaderlessSince = nil
		c.reportLeader(seen.Rec)
		return
	}
	now := c.session.clock.Now()
	if c.leaderlessSince == nil {
		c.leaderlessSince = &now
	}
	if isQuarantine(seen) && seen.Rec.Grant() != c.lastReported.Grant() {
		c.lastReported = seen.Rec
		c.reminded = now
		ev := Event{Kind: KindQuarantined, Wait: seen.Rec.Lease}
		if c.cfg.Bootstrap == BootstrapImmediate {
			ev.Err = errors.New("waiting with the others although Bootstrap is BootstrapImmediate")
		}
		c.report(ev)
	}
}

func (c *campaign) reportLeader(r record.Record) {
	switch {
	case r.Grant() == c.legacy.former:
		return // what is left of a term of our own
	case r.Grant() != c.lastReported.Grant():
		c.lastReported = r
		c.report(Event{Kind: KindStandby, Leader: leaderOf(r)})
	case r.Status != c.lastReported.Status:
		c.lastReported = r // a request to step down, which anybody may write on a dead one's record
	case r.Holder == c.cfg.ID && r.Beat > c.lastReported.Beat && !c.legacy.duplicateReported:
		c.legacy.duplicateReported = true // it beats, so it is no former run of ours
		c.report(Event{Kind: KindDuplicateID, Leader: leaderOf(r)})
	}
}

func isQuarantine(seen register.Observation) bool {
	return seen.Readable() && seen.Rec.Status == record.Quarantined
}

// retry reports trouble when it begins and then each minute, and waits a little, longer
// each time.
func (c *campaign) retry(ctx context.Context, err error) {
	now := c.session.clock.Now()
	if c.downSince == nil {
		c.downSince = &now
	}
	if lasted := now.Since(*c.downSince); lasted == 0 || now.Since(c.outageReported) >= time.Minute {
		c.outageReported = now
		c.report(Event{Kind: KindUnreachable, Err: err, Lasted: lasted})
	}
	c.session.pause(ctx, c.pauses.next(), nil)
}

// outage is for how long Redis has given no usable answer.
func (c *campaign) outage() time.Duration {
	if c.downSince == nil {
		return 0
	}
	return c.session.clock.Now().Since(*c.downSince)
}

// reached notes that Redis gives usable answers.
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

// remind logs a quarantine again if that is due, and returns how long until the next time.
func (c *campaign) remind() time.Duration {
	now := c.session.clock.Now()
	if !isQuarantine(c.watch.now) || c.leaderlessSince == nil || now.Since(*c.leaderlessSince) > remindFor {
		return succession.Forever
	}
	if now.Since(c.reminded) >= remindEach {
		c.reminded = now
		left := c.watch.silenceEnds(now).Since(now)
		c.session.reporter.remind(c.candidacy, Event{Kind: KindQuarantined, Wait: left.Round(time.Millisecond)})
	}
	return remindEach - now.Since(c.reminded)
}

func (c *campaign) report(ev Event) { c.session.reporter.report(c.candidacy, ev) }
