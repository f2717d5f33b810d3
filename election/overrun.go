package election

import (
	"context"

	"example.com/incumbent/heartbeat"
)

// overruns are what can be late, each reported once: the work in a drain, with leadership
// kept, and the work after its grace.
type overruns struct{ drain, grace bool }

// checkOverrun reports work that outlives its grace: after a loss, when another
// may lead already, and once in a voluntary stop that takes long.
func (l *leadership) checkOverrun(now heartbeat.Instant) {
	if left := l.pulse.Grace(now); left+l.overrunDelay <= 0 && !l.overran.grace {
		l.overran.grace = true
		l.silent = l.isWedged()
		l.trust.graceIsOver()
		l.reportOverrun(Overrun{Overdue: -left})
	}
	if l.stopping == nil || l.overran.drain || l.overran.grace {
		return
	}
	if overdue := now.Since(*l.stopping) - l.candidacy.cfg.Grace; overdue >= 0 && l.pulse.Trust(now) > 0 {
		l.overran.drain = true
		l.reportOverrun(Overrun{Overdue: overdue, Held: true})
	}
}

// isWedged reports whether work that outlives its grace gives leadership away although it
// still runs: where a Stall is set, and nobody asked the term to end. Otherwise the beats go
// on as soon as they are answered again, and would keep everybody out for as long as it hangs.
func (l *leadership) isWedged() bool {
	reason := l.trust.reason(context.Cause(l.trust.ctx))
	return l.hasBegun() && l.ctx.progress.limit > 0 && (reason == ReasonStalled || reason == ReasonExpired)
}

// reportOverrun calls the user on a goroutine of its own: it may block, or exit. Work that
// has not begun is not late.
func (l *leadership) reportOverrun(o Overrun) {
	if !l.hasBegun() {
		return
	}
	o.Name, o.Term, o.Cause = l.candidacy.cfg.Name, l.term, context.Cause(l.trust.ctx)
	l.report(Event{Kind: KindOverrun, Overdue: o.Overdue, Held: o.Held, Err: o.Cause})
	if l.candidacy.cfg.OnOverrun != nil {
		l.callbacks.Go(func() { l.candidacy.cfg.OnOverrun(o) })
	}
}
