package election

import (
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
)

// single is what a campaign keeps that makes a single attempt: see [Elector.TryLead].
type single struct {
	first   *record.Record // that the attempt began with; nil before its first answer
	decided error          // why it has ended
}

// alive reports whether what an answer shows proves that somebody else leads: a grant
// or a beat since the attempt began. A request to step down proves nothing, since
// anybody may write it, and neither does a push.
func (a *single) alive(s register.Observation) bool {
	if a.first == nil {
		a.first = &s.Rec // the zero record if there is none
		return false
	}
	switch was := *a.first; {
	case !s.Readable() || !s.Rec.Held():
		return false
	case !was.Held() || s.Rec.Grant() != was.Grant():
		return true
	case s.Rec.Status != was.Status:
		a.first = &s.Rec
		return false
	default:
		return s.Rec.Beat > was.Beat
	}
}

// decide ends a single attempt if a leader is alive. What is left of a term of one's own
// is none.
func (c *campaign) decide() {
	s := c.watch.now
	if c.single != nil && c.single.decided == nil && c.single.alive(s) && s.Rec.Grant() != c.former {
		c.single.decided = &Error{Name: c.cfg.Name, Leader: leaderOf(s.Rec), Err: ErrHeld}
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
