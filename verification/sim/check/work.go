package check

import (
	"slices"
	"time"
)

// stepWork judges work: when it runs, and for how long.
func (c *Checker) stepWork(p *proc, ev Event) {
	switch ev := ev.(type) {
	case Began:
		c.began(p, ev.Term)
	case Stepped:
		c.trusted(p, ev.Term, c.now-ev.Age, "does a step")
		if p.scope != nil {
			p.scope.progress = new(p.clock.moment(c.now))
		}
	case Believed:
		c.believed(p, ev)
	case Noticed:
		if p.scope != nil {
			p.scope.noticed, p.scope.cause = new(c.now), ev.Cause
		}
	case Drains:
		if p.scope != nil {
			p.scope.announced, p.scope.drains = c.now, c.now+ev.For
		}
	case Ended:
		c.ended(p, ev.Term)
	case Told:
		switch ev.Kind {
		case "overrun":
			p.overran[ev.Term] = true
		case "revoked":
			c.revoked(p, ev)
		}
	}
}

// began judges a grant that is believed.
func (c *Checker) began(p *proc, term int64) {
	if p.scope != nil {
		c.violate(Pairs, "p%d begins term %d while its term %d still works", p.n, term, p.scope.term)
	}
	switch holder, granted := c.register.holders[term]; {
	case !granted:
		c.violate(Holder, "p%d works in term %d, which was never granted", p.n, term)
	case holder.proc != 0 && holder.proc != p.n:
		c.violate(Holder, "p%d and p%d work in term %d", holder.proc, p.n, term)
	default:
		holder.proc = p.n
	}
	if !p.anchored {
		c.violate(Trust, "p%d works in term %d without an answer that grants it", p.n, term)
		p.anchor, p.anchored = p.clock.moment(c.now), true
	}
	for _, n := range c.sorted() {
		if o := c.procs[n]; o != p && o.scope != nil {
			c.overlap(o, p, term)
		}
	}
	p.scope, p.worked, p.ghost = &scope{term: term, began: c.now}, term, State{}
	if looked := p.ranUntil(c.now); p.elapsed(looked)-trust(p.settings.Lease) > p.heldUp(looked)+rounding {
		c.violate(Trust, "p%d begins to work in term %d, %v after the end of its trust", p.n, term, p.elapsed(looked)-trust(p.settings.Lease))
	}
}

// trusted judges something that a process does because it believed to lead when
// it last looked at its clock.
func (c *Checker) trusted(p *proc, term int64, looked time.Duration, what string) {
	if !p.anchored || p.scope == nil || p.scope.term != term {
		c.violate(Pairs, "p%d %s in term %d, in which it does not work", p.n, what, term)
		return
	}
	if over := p.elapsed(looked) - trust(p.settings.Lease); over > rounding {
		c.violate(Trust, "p%d %s in term %d, %v after the end of its trust", p.n, what, term, over)
	}
	if p.scope.noticed != nil && looked >= *p.scope.noticed { // else it answers with what it read before
		c.violate(Trust, "p%d %s in term %d, whose context had ended", p.n, what, term)
	}
	// An answer is heard with those of its packet, so not always at once.
	if told := p.scope.told; told != nil && looked > *told+attempt(p.settings.Lease) && p.stalled(*told, looked) == 0 {
		c.violate(Trust, "p%d %s in term %d, whose end it was told %v before", p.n, what, term, looked-*told)
	}
}

// revoked judges why a term has ended.
func (c *Checker) revoked(p *proc, ev Told) {
	if p.scope == nil {
		return
	}
	p.scope.ended = ev.Reason
	c.stalls(p, ev)
	old := p.elapsed(c.now)
	if c.now-p.confirmed < attempt(p.settings.Lease) { // an answer is heard with those of its packet
		old = max(old, p.before.elapsed(p.clock.moment(c.now)))
	}
	left := trust(p.settings.Lease) - old
	switch {
	case ev.Reason == "lost" && !p.scope.mayLose:
		c.violate(Steady, "p%d loses term %d although no answer says so", p.n, ev.Term)
	case ev.Reason == "expired" && !c.lateSends && left > time.Millisecond+c.queued(p) && p.stalled(p.before.at, c.now) == 0:
		c.violate(Steady, "term %d of p%d expires %v before the end of its trust", ev.Term, p.n, left)
	}
}

// queued is for how long the grant that the trust rests on may have waited for its packet:
// trust counts from before that, when it was decided, which is after the last look.
func (c *Checker) queued(p *proc) time.Duration {
	sent, known := c.register.sent[p.held.Sent()]
	if !known || p.held.Beat > 0 {
		return 0
	}
	waited := stretched(sent-c.register.looked[p.held.Sent()], 1/p.clock.rate) // by its own clock
	return min(waited, attempt(p.settings.Lease))
}

func (c *Checker) believed(p *proc, ev Believed) {
	switch {
	case ev.Leads && p.scope == nil:
		// Before work begins and after it has returned there is a moment in which
		// only trust counts.
		if !p.anchored || p.elapsed(c.now-ev.Age)-trust(p.settings.Lease) > rounding {
			c.violate(Trust, "p%d believes to lead without working", p.n)
		}
	case ev.Leads:
		c.trusted(p, p.scope.term, c.now-ev.Age, "believes to lead")
	}
	switch looked := c.now - ev.Age; {
	case !ev.Healthy && p.scope == nil && !p.calling && looked >= p.returned:
		c.violate(Trust, "Check of p%d fails although nothing runs", p.n)
	case !ev.Healthy && p.scope != nil && p.told == (told{p.scope.term, "elected"}) && !p.scope.mayLose &&
		p.elapsed(c.now) < trust(p.settings.Lease)-rounding && p.stalled(p.before.at, c.now) == 0:
		c.violate(Trust, "Check of p%d fails within the trust of term %d", p.n, p.scope.term)
	case ev.Healthy && p.scope != nil && p.elapsed(looked)-trust(p.settings.Lease) > rounding:
		c.violate(Trust, "Check of p%d passes although work runs past the trust of term %d", p.n, p.scope.term)
	}
}

// elapsed is how old the process' trust is, by its own clocks.
func (p *proc) elapsed(at time.Duration) time.Duration {
	return p.anchor.elapsed(p.clock.moment(at))
}

// ranUntil is when the process had last run, if it stalled until then.
func (p *proc) ranUntil(at time.Duration) time.Duration {
	for _, s := range slices.Backward(p.stalls) {
		if s.from < at && s.to >= at-time.Millisecond {
			at = s.from
		}
	}
	return at
}

// heldUp is for how long the process did not get to run since its anchor, by its
// own clock.
func (p *proc) heldUp(at time.Duration) time.Duration {
	return stretched(p.stalled(p.anchor.at, at), 1/p.clock.rate)
}

// ended judges work that is over.
func (c *Checker) ended(p *proc, term int64) {
	if p.scope == nil || p.scope.term != term {
		c.violate(Pairs, "p%d ends term %d, in which it does not work", p.n, term)
		return
	}
	if over := p.overdue(c.now); over > 0 && c.excuse(p, over) == "" {
		c.violate(Overstay, "p%d ends term %d %v after the end of its trust and grace", p.n, term, over)
	}
	c.reported(p)
	c.rest(p, p.scope)
	if p.cancelled != nil {
		p.cancelled = new(c.now) // what follows is the library's
	}
	p.last, p.scope = *p.scope, nil
}

// reported judges that work which is still there when its grace is over, has been
// reported.
func (c *Checker) reported(p *proc) {
	const margin = 50 * time.Millisecond
	late := p.overdue(c.now)
	if late > margin && p.heldUp(c.now) == 0 && !p.overran[p.scope.term] {
		c.violate(Overrun, "work of p%d in term %d is %v late, and nobody was told", p.n, p.scope.term, late)
	}
}

// overdue is for how long the process' work should have been over by now, slack
// included, if its monotonic clock never stood still.
func (p *proc) overdue(at time.Duration) time.Duration {
	s := p.settings
	return stretched(at-p.anchor.at, 1/p.clock.rate) - trust(s.Lease) - s.Grace - slack(s.Lease)
}

// excuse names the assumption that was broken when work is still there, so long
// after its trust and grace.
func (c *Checker) excuse(p *proc, over time.Duration) Assumption {
	missed := over - (p.elapsed(c.now) - trust(p.settings.Lease) - p.settings.Grace) // by both clocks
	switch {
	case c.now <= p.scope.drains+slack(p.settings.Lease):
		return NoOverrun
	case p.scope.drains > 0 && c.now <= p.scope.drains+slack(p.settings.Lease)+p.stalled(p.scope.announced, c.now):
		return NoStall // of work that was too late anyway
	case over <= p.heldUp(c.now):
		return NoStall
	case over-max(missed, 0) <= p.heldUp(c.now) && p.anchor.slow(p.clock.moment(c.now), slack(p.settings.Lease)):
		return TrueClocks
	}
	return ""
}
