package check

import "time"

// beats reports whether a compare-and-set is a leader's beat.
func (e Sent) beats() bool {
	return e.Next.Held() && e.Next.SameOwner(e.Expect) && e.Next.Status == e.Expect.Status && !e.repauses()
}

// grants reports whether it asks for a new term.
func (e Sent) grants() bool { return e.Next.Status == Led && !e.Next.SameOwner(e.Expect) }

// asks reports whether it asks a leader to step down.
func (e Sent) asks() bool { return e.Next.Status == Draining && !e.beats() || e.repauses() }

// repauses reports whether it changes the pause of a leader that waits for its end. Its
// leader does so by an even beat.
func (e Sent) repauses() bool {
	return e.Next.Status == Led && e.Next.SameOwner(e.Expect) && e.Next.Beat&1 == 1 && e.Next.pause() != e.Expect.pause()
}

// stepClient follows what a process' client sends and is answered: the sends
// are what trust counts from.
func (c *Checker) stepClient(p *proc, ev Event) {
	switch ev := ev.(type) {
	case Sent:
		c.sent(p, ev)
	case Answered:
		p.learn(c.now, ev.Got)
		c.doubt(p, ev.Got)
		p.confirm(c.now, ev.Got)
		c.shown(p, ev.Got)
		if ev.beats() {
			p.obey(c.now, ev)
		}
	case Looked:
		p.looked = c.now
		p.learn(c.now, ev.Got)
		c.doubt(p, ev.Got)
		c.shown(p, ev.Got)
	}
}

func (c *Checker) sent(p *proc, ev Sent) {
	r := &c.register
	next := ev.Next.Sent()
	c.clears(p, ev)
	c.silent(p, ev)
	r.author[next] = p.n
	_, again := r.sent[next]
	if !again {
		r.sent[next], r.looked[next] = c.now, p.looked
	}
	if ev.grants() {
		p.grants[ev.Next.Nonce], r.asker[ev.Next.Nonce] = true, p.n
		c.mayCampaign(p, ev)
		c.longEnough(p, ev.Expect)
		if !again && !ev.Expect.Present && p.sure(c.now) > 0 {
			c.violate(Transition, "p%d takes an absent record at once although it has seen a record", p.n)
		}
	}
	if _, again := p.sent[next]; !again && !ev.asks() {
		p.sent[next] = p.clock.moment(c.now)
		if ev.grants() {
			p.first[ev.Next.Nonce] = p.sent[next]
		}
	}
}

// learn notes the longest lease that an answer has shown to the process.
func (p *proc) learn(now time.Duration, s State) {
	p.sure(now)
	if s.Readable() && s.Lease > p.longest {
		p.longest, p.learned = s.Lease, now
	}
}

// knows is the longest lease that an answer has shown to it; none, to nobody.
func (p *proc) knows() time.Duration {
	if p == nil {
		return 0
	}
	return p.longest
}

// sure is the longest lease that the process must know of: it was not shown it just
// now, nor did a stall make it give up the request.
func (p *proc) sure(now time.Duration) time.Duration {
	const deciding = 10 * time.Millisecond
	if p.longest > 0 && now-p.learned > deciding && p.stalled(p.learned, now) == 0 {
		p.certain = p.longest
	}
	return p.certain
}

// confirm moves the anchor to the first send of a record of ours that an answer
// has shown. It never moves back.
func (p *proc) confirm(now time.Duration, s State) {
	sent, ours := p.sent[s.Sent()]
	if !ours && !s.SameOwner(p.held) && s.Held() && s.Beat&1 == 1 { // its grant, whose pause somebody has changed since
		sent, ours = p.first[s.Nonce]
	}
	if !ours || !s.Held() || !p.grants[s.Nonce] {
		return
	}
	if !p.anchored || sent.at > p.anchor.at {
		p.before, p.confirmed = p.anchor, now
		p.anchor, p.anchored, p.held = sent, true, s
	}
}

// obey notes what the answer to a beat asks of a leader: to end its term. A record
// of its own that is older than the one that the beat was to replace was brought back.
func (p *proc) obey(now time.Duration, ev Answered) {
	if p.scope == nil {
		return
	}
	s := ev.Got
	ours := s.Held() && s.SameOwner(p.held) && (s.Beat >= ev.Expect.Beat || !s.SameOwner(ev.Expect))
	if !ours || s.Beat < p.held.Beat {
		p.scope.mayLose = true
	}
	if (!ours || s.Status == Draining) && p.scope.told == nil {
		p.scope.told = &now
	}
}
