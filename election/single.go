package election

import "example.com/incumbent/internal/record"

// single is what a campaign keeps that makes a single attempt: see [Elector.TryLead].
type single struct {
	first   *record.Record // that the attempt began with; nil before its first answer
	decided error          // why it has ended
}

// alive reports whether what an answer shows proves that somebody else leads: a grant
// or a beat since the attempt began. A request to step down proves nothing, since
// anybody may write it, and neither does a push.
func (a *single) alive(s sighting) bool {
	if a.first == nil {
		a.first = &s.rec // the zero record if there is none
		return false
	}
	switch was := *a.first; {
	case !s.readable() || !s.rec.Held():
		return false
	case !was.Held() || s.rec.Grant() != was.Grant():
		return true
	case s.rec.Status != was.Status:
		a.first = &s.rec
		return false
	default:
		return s.rec.Beat > was.Beat
	}
}

// decide ends a single attempt if a leader is alive. What is left of a term of one's own
// is none.
func (c *campaign) decide() {
	s := c.watch.now
	if c.single != nil && c.single.decided == nil && c.single.alive(s) && s.rec.Grant() != c.former {
		c.single.decided = &HeldError{Election: c.cfg.Name, By: leaderOf(s.rec)}
	}
}

// over says why a single attempt has ended, if it has.
func (c *campaign) over(err error) error {
	switch {
	case c.single == nil:
		return nil
	case c.single.decided != nil:
		return c.single.decided
	case c.outage() >= c.cfg.Lease:
		return err
	}
	return nil
}
