package check

// stepWitness judges, at the end of what there was to see, that observers saw it.
func (c *Checker) stepWitness(ev Event) {
	switch ev := ev.(type) {
	case Storm:
		for _, n := range c.sorted() {
			c.witnessed(c.procs[n].scope)
		}
	case Ended:
		for _, n := range c.sorted() {
			if s := c.procs[n].scope; s != nil && s.term == ev.Term {
				c.witnessed(s)
			}
		}
	}
}

// witnessed judges that who has been watching for long enough, with nothing going
// wrong, knows of that work.
func (c *Checker) witnessed(s *scope) {
	if s == nil || !c.calm.on || c.register.now.Term != s.term || !c.register.now.Held() {
		return
	}
	lease := c.longest()
	enough := stretched(lease+backOff(lease)+attempt(lease), 1-drift) + latitude
	for _, n := range c.sorted() {
		p := c.procs[n]
		since := max(s.began, c.calm.since, p.watching)
		if p.candidate || p.gone || c.now-since < enough {
			continue
		}
		if p.leader == nil || *p.leader != s.term {
			c.violate(Witness, "p%d watches since %.3fs and does not know of term %d", p.n, since.Seconds(), s.term)
		}
	}
}
