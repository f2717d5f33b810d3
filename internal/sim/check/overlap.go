package check

// overlap judges p's begin of work while o works.
func (c *Checker) overlap(o, p *proc, term int64) {
	older, newer, last := o, p, o.scope.term
	if c.register.before(term, last) { // p was held up between its grant and its work
		p.scope = &scope{term: term, began: c.now}
		older, newer = p, o
	}
	why := c.broken(older, newer)
	if why == "" {
		c.violate(Overlap, "p%d begins term %d while p%d works in term %d, %v after its last confirmed send",
			p.n, term, o.n, last, c.now-older.anchor.at)
		return
	}
	c.breach(why)
}

// broken names the assumption whose breach explains that the older work of two is
// still there, or that the newer one is there already.
func (c *Checker) broken(older, newer *proc) Assumption {
	over := older.overdue(c.now)
	switch {
	case over > 0:
		return c.excuse(older, over)
	case c.register.rolledBack >= older.anchor.at:
		return NoRollback
	case c.register.forgot < older.anchor.at:
		return "" // Redis remembered all the while
	case newer.settings.Immediate && c.register.grabbed >= older.anchor.at:
		return NoGrab
	case c.register.shortest(older.anchor.at) < older.settings.Lease && newer.longest < older.settings.Lease:
		return SameLease
	}
	return ""
}
