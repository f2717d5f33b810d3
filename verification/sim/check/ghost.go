package check

import "time"

// shown notes a grant of our own in which nobody works: who knows of it has to
// clear it up.
func (c *Checker) shown(p *proc, s State) {
	if s.Held() && p.grants[s.Nonce] && p.scope == nil && p.worked != s.Term {
		p.ghost = s
	}
}

// haunts judges a candidate that goes on, or gives up, and leaves a grant of its
// own behind which it knows of, without a word. Of one that a rollback has brought
// back nobody can know.
func (c *Checker) haunts(p *proc, what string) {
	r := &c.register
	since := r.sent[p.ghost.Sent()]
	if h := r.holders[p.ghost.Term]; h != nil && p.ghost.Beat&1 == 1 { // which others have written over what may have come back
		since = h.at
	}
	if s := r.now; s.Held() && s.SameOwner(p.ghost) && !p.owned[s.Term] && r.rolledBack < since {
		c.suspicions = append(c.suspicions, suspicion{p, what, s, c.now})
	}
}

// A suspicion is a ghost that its author may still speak of: it reports beside what
// it does, so the word may come at the same moment, and later in the history.
type suspicion struct {
	author *proc
	what   string
	ghost  State
	at     time.Duration
}

// accuse judges suspicions of before now.
func (c *Checker) accuse() {
	for len(c.suspicions) > 0 && c.now > c.suspicions[0].at+rounding {
		s := c.suspicions[0]
		c.suspicions = c.suspicions[1:]
		if !s.author.owned[s.ghost.Term] {
			c.violate(Ghost, "p%d %s although %v is its own, and says nothing", s.author.n, s.what, s.ghost)
		}
	}
}

// landed judges a grant that is executed when its author does not want it any
// more: Lead clears up before it returns, or says that it could not.
func (c *Checker) landed(author *proc, s State) {
	r := &c.register
	switch {
	case author == nil, author.gone, author.owned[s.Term], r.rolledBack >= r.sent[s.Sent()]:
	case !author.calling, author.called > r.sent[s.Sent()]:
		c.violate(Ghost, "p%d is granted term %d after its call of Lead has returned", author.n, s.Term)
	}
}

// mayCampaign judges that a process asks for a term when it may.
func (c *Checker) mayCampaign(p *proc, ev Sent) {
	if c.now < p.rests-rounding && !p.settings.Once {
		c.violate(CoolDown, "p%d asks for term %d, %v before its cool-down is over", p.n, ev.Next.Term, p.rests-c.now)
	}
	if ev.Expect.Held() && ev.Expect.SameOwner(p.ghost) {
		c.haunts(p, "waits for its own ghost")
	}
}

// rest notes for how long a process leaves leadership to others, having been
// asked to or having ended its work by itself: before its trust ended, for work that
// ends a moment later counts as ended by that.
func (c *Checker) rest(p *proc, s *scope) {
	byItself := s.cause == "" && p.cancelled == nil && p.elapsed(c.now) < trust(p.settings.Lease)-rounding
	if s.cause == "step_down" || s.cause == "stalled" || byItself {
		p.rests = c.now + stretched(p.settings.CoolDown, p.clock.rate)
	}
}
