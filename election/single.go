package election

import (
	"fmt"
	"time"

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
// anybody may write it, and neither does a notification.
func (a *single) alive(seen register.Observation) bool {
	if a.first == nil {
		a.first = &seen.Rec // the zero record if there is none
		return false
	}
	switch was := *a.first; {
	case !seen.Readable() || !seen.Rec.Held():
		return false
	case !was.Held() || seen.Rec.Grant() != was.Grant():
		return true
	case seen.Rec.Status != was.Status:
		a.first = &seen.Rec
		return false
	default:
		return seen.Rec.Beat > was.Beat
	}
}

// judgeAttempt decides a single attempt if a leader is alive. What is left of a term of
// our own is none.
func (c *campaign) judgeAttempt() {
	seen, former := c.watch.now, c.legacy.former
	switch {
	case c.single == nil || c.single.decided != nil:
		return
	case seen.Rec.Held() && seen.Rec.Grant() == former && c.memory().mayStand(former):
		return // it will be vacated
	}
	if p := seen.Rec.Pause(); !c.watch.clocks.over(p) {
		c.single.decided = c.paused(seen.Rec, p)
		return
	}
	if c.single.alive(seen) && seen.Rec.Grant() != former {
		c.single.decided = &Error{Name: c.cfg.Name, Leader: leaderOf(seen.Rec), Err: ErrHeld}
	}
}

// paused explains that a single attempt takes nothing in a pause.
func (c *campaign) paused(r record.Record, p record.Pause) error {
	e := &Error{Name: c.cfg.Name, Leader: leaderOf(r), Detail: describePause(p), Err: ErrPaused}
	if p.Until != 0 {
		e.Wait = max(0, p.End().Sub(c.watch.clocks.server))
	}
	return e
}

// describePause says until when, by whom and why.
func describePause(p record.Pause) string {
	text := "until somebody resumes it"
	if p.Until != 0 {
		text = "until " + p.End().UTC().Format(time.RFC3339)
	}
	if p.By != "" {
		text += fmt.Sprintf(", by %q", p.By)
	}
	if p.Reason != "" {
		text += fmt.Sprintf(", because of %q", p.Reason)
	}
	return text
}
