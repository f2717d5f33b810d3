package check

// overlap judges p's begin of work while o works.
func (c *Checker) overlap(o, p *proc, term int64) {
	older, newer, last := o, term, o.scope.term
	if c.register.before(term, last) { // p was held up between its grant and its work
		p.scope = &scope{term: term, began: c.now}
		older, newer = p, last
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
// still there, or that the newer term was granted already.
func (c *Checker) broken(older *proc, newer int64) Assumption {
	over := older.overdue(c.now)
	switch {
	case over > 0:
		return c.excuse(older, over)
	case c.register.rolledBack >= older.anchor.at:
		return NoRollback
	case c.register.forgot < older.anchor.at:
		return "" // Redis remembered all the while
	}
	granted := c.now
	if h := c.register.holders[newer]; h != nil {
		granted = h.at
	}
	return c.register.hasty(older.anchor.at, granted, older.settings.Lease)
}
