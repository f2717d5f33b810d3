package check

// stepClient follows what a process' client sends and is answered: the sends
// are what trust counts from.
func (c *Checker) stepClient(p *proc, ev Event) {
	switch ev := ev.(type) {
	case Sent:
		c.register.author[ev.Next] = p.n
		if _, again := c.register.sent[ev.Next]; !again {
			c.register.sent[ev.Next] = c.now
		}
		if ev.Next.Status == Led && !ev.Next.SameOwner(ev.Expect) {
			p.grants[ev.Next.Nonce] = true
		}
		if _, again := p.sent[ev.Next]; !again {
			p.sent[ev.Next] = p.clock.moment(c.now)
		}
	case Answered:
		p.learn(ev.Got)
		p.confirm(ev.Got)
	case Looked:
		p.learn(ev.Got)
	}
}

// learn notes the longest lease that the process must know of.
func (p *proc) learn(s State) {
	if s.Readable() {
		p.longest = max(p.longest, s.Lease)
	}
}

// confirm moves the anchor to the first send of a record of ours that an answer
// has shown. It never moves back.
func (p *proc) confirm(s State) {
	sent, ours := p.sent[s]
	if !ours || !s.Held() || !p.grants[s.Nonce] {
		return
	}
	if !p.anchored || sent.at > p.anchor.at {
		p.anchor, p.anchored = sent, true
	}
}
