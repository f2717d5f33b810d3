package check

import "time"

// calm judges what must happen when nothing is wrong any more.
type calm struct {
	on       bool
	since    time.Duration
	due      *time.Duration // somebody must lead by then
	vacant   *time.Duration // a vacancy must be filled by then
	vacated  State
	left     time.Duration  // since when
	ghost    *time.Duration // a record that nobody writes any more must be replaced by then
	silent   State
	held     bool          // the record was paused when it was last written
	disturbs time.Duration // when something last happened that ends leaderships
}

// latitude is what round trips and the simulation's own pauses may add.
const latitude = 500 * time.Millisecond

// Bound is how long after the last fault somebody must lead: the worst failover,
// a pause between tries and an attempt that are under way, and a lease more if
// what stands in Redis may still change: packets that were held back, or a memory
// that was lost.
func Bound(lease time.Duration, unsettled bool) time.Duration {
	d := worst(lease) + backOff(lease) + attempt(lease)
	if unsettled {
		d += lease
	}
	return stretched(d, 1-drift) + latitude
}

// stepCalm follows calms and what disturbs them.
func (c *Checker) stepCalm(p *proc, ev Event) {
	k := &c.calm
	switch ev := ev.(type) {
	case Calm:
		*k = calm{on: true, since: c.now, disturbs: c.now, held: c.register.now.Paused()}
	case Storm:
		k.on, k.due, k.vacant, k.ghost = false, nil, nil, nil
	case Ended:
		k.disturbs = c.now
		if s := c.register.now; s.SameOwner(p.held) && p.leaves() {
			c.vacancy(s)
		}
	case Crashed, Forgot, Called, Returned, Backed:
		k.disturbs = c.now
		if k.vacant != nil {
			c.fill()
		}
	case Began:
		k.due, k.vacant = nil, nil
		return
	case Wrote:
		if ev.Now.Status != Vacant {
			k.vacant = nil
		}
		c.silence(ev.Now)
		if c.paused(ev.Now) {
			return
		}
	case Noticed:
		c.steady(p, ev)
		return
	default:
		return
	}
	if k.on {
		c.expect()
	}
}

// expect sets by when somebody must lead: the first candidate that has nothing
// to wait for but its rivals, and the bound from then.
func (c *Checker) expect() {
	k := &c.calm
	k.due = nil
	if c.working() || c.register.now.Paused() {
		return
	}
	for _, n := range c.sorted() {
		p := c.procs[n]
		if !p.ready() {
			continue
		}
		from := max(k.disturbs, p.called, p.backed, k.since)
		if due := from + Bound(c.longest(), true); k.due == nil || due < *k.due {
			k.due = &due
		}
	}
}

// leaves reports whether a process has just ended its work in order, so that it
// has to release leadership. It has none to release if it lost that meanwhile.
func (p *proc) leaves() bool {
	return p.last.cause != "lost" && p.last.cause != "expired" && !p.last.mayLose
}

// ready reports whether a candidate campaigns for as long as it takes.
func (p *proc) ready() bool {
	return p.candidate && !p.gone && p.calling && p.cancelled == nil && !p.settings.Once
}

func (c *Checker) working() bool {
	for _, p := range c.procs {
		if p.scope != nil {
			return true
		}
	}
	return false
}

// longest is the longest lease that anybody may have to wait for.
func (c *Checker) longest() (d time.Duration) {
	for _, p := range c.procs {
		if !p.gone {
			d = max(d, p.settings.Lease, p.longest)
		}
	}
	return max(d, c.register.now.Lease)
}

// vacancy sets by when a vacancy of a calm time must be filled, if somebody is
// there who can.
func (c *Checker) vacancy(v State) {
	if !c.calm.on {
		return
	}
	c.calm.vacated, c.calm.left = v, c.now
	c.fill()
}

// fill sets by when the vacancy must be filled by those who are there now.
func (c *Checker) fill() {
	k := &c.calm
	k.vacant = nil
	if at, lease := k.left, k.vacated.Lease; c.expected(at, lease) {
		k.vacant = new(at + c.filling(at, lease))
	}
}

// expected reports whether somebody is there who can fill a vacancy that was written
// then. Who gets no answer also in a calm can't: its lease may be too short for its
// network. That somebody leads in the end is judged apart from this.
func (c *Checker) expected(at, lease time.Duration) bool {
	for _, p := range c.procs {
		if p.ready() && !p.apart && p.scope == nil && p.called < at-attempt(lease) && max(p.backed, p.rests) < at {
			return true
		}
	}
	return false
}

// filling is how long a vacancy may last: two turns where somebody listens who has had
// the time to make itself known, else until the next look.
func (c *Checker) filling(at, lease time.Duration) time.Duration {
	const (
		roundTrip = 150 * time.Millisecond // in a calm, at most
		listening = 15 * time.Second       // until who was cut off does so again
	)
	d := stretched(2*beat(lease), 1-2*drift) + 2*latitude
	announced := stretched(lease*6/10, 1-2*drift)
	if at > c.calm.since+c.longest()+listening && c.expected(at-announced, lease) {
		d = min(d, 2*max(leastTurn, 4*roundTrip)+latitude)
	}
	return d
}

// silence sets by when a record must be replaced if nobody writes it again, once
// all have had the time to get over the storm.
func (c *Checker) silence(s State) {
	k := &c.calm
	k.ghost, k.silent = nil, s
	if k.on && s.Waited() && c.now > k.since+c.longest() {
		k.ghost = new(c.now + stretched(worst(s.Lease)+backOff(s.Lease)+attempt(s.Lease), 1-drift) + latitude)
	}
}

// awaited reports whether some candidate has had nothing to do since then but to
// wait.
func (c *Checker) awaited(since time.Duration) bool {
	for _, p := range c.procs {
		if p.ready() && p.scope == nil && max(p.called, p.backed, p.rests) <= since {
			return true
		}
	}
	return false
}

// dueCalm judges what had to happen before now.
func (c *Checker) dueCalm() {
	k := &c.calm
	if k.due != nil && c.now > *k.due {
		c.violate(Liveness, "nobody leads; somebody had to since %.3fs, the calm began at %.3fs", k.due.Seconds(), k.since.Seconds())
		k.due = nil
	}
	if k.ghost != nil && c.now > *k.ghost {
		if c.awaited(c.register.born[k.silent]) {
			c.violate(Ghost, "%v stands since %.3fs", k.silent, c.register.born[k.silent].Seconds())
		}
		k.ghost = nil
	}
	if k.vacant != nil && c.now > *k.vacant {
		c.violate(Handover, "%v is not taken; it had to be by %.3fs", k.vacated, k.vacant.Seconds())
		k.vacant = nil
	}
}

// steady judges a term that ends although nothing is wrong.
func (c *Checker) steady(p *proc, ev Noticed) {
	if !c.calm.on || p.scope == nil || p.scope.began < c.calm.since+c.longest() {
		return
	}
	if ev.Cause == "lost" || ev.Cause == "expired" {
		c.violate(Steady, "p%d loses term %d (%s) without a fault", p.n, ev.Term, ev.Cause)
	}
}

// paused notes in a calm that a record is paused, so that nobody need work, and reports
// whether nothing else has changed by it. The end of a pause gives everybody time anew.
func (c *Checker) paused(now State) bool {
	k := &c.calm
	switch is := now.Paused(); {
	case is:
		k.due = nil
	case k.held:
		k.disturbs, k.held = c.now, false
		return false
	}
	k.held = now.Paused()
	return true
}
