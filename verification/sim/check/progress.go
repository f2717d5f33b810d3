package check

import "time"

// stalls judges a term that ends because its work makes no progress: that was so, by either
// clock.
func (c *Checker) stalls(p *proc, ev Told) {
	if ev.Reason != "stalled" || p.scope.progress == nil {
		return
	}
	if passed := p.scope.progress.elapsed(p.clock.moment(c.now)); passed < p.settings.Stall-rounding {
		c.violate(Progress, "p%d stalls in term %d, %v after a step", p.n, ev.Term, passed)
	}
}

// silent judges that who has made no progress for too long beats no more: once its stall and
// its grace are over, and what the beater may be late by. A term whose end was asked for, or
// that has ended otherwise, is not judged.
func (c *Checker) silent(p *proc, ev Sent) {
	s := p.scope
	if !ev.beats() || s == nil || s.term != ev.Next.Term || s.progress == nil || p.settings.Stall == 0 {
		return
	}
	if s.noticed != nil || s.ended != "" && s.ended != "stalled" {
		return
	}
	lease := p.settings.Lease
	passed := p.clock.moment(c.now).mono - s.progress.mono - stretched(p.stalled(s.progress.at, c.now), 1/p.clock.rate)
	if late := passed - p.settings.Stall - p.settings.Grace - slack(lease) - 2*attempt(lease); late > 0 {
		c.violate(Progress, "p%d beats in term %d, %v too late after its last step", p.n, s.term, late.Round(time.Millisecond))
	}
}
