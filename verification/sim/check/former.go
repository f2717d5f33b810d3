package check

import "time"

// former is a term that its leader gives up.
type former struct {
	term    int64
	since   time.Duration // when its release was sent first
	doubted time.Duration // when an answer showed something else; 0: none did
	shown   State         // and what that was
}

// vacates reports whether it asks for the vacancy of a term.
func (e Sent) vacates() bool {
	return e.Expect.Held() && e.Next.Status == Vacant && e.Next.SameOwner(e.Expect)
}

// clears judges what a process sends when its call has given a term up: what is left
// of that is released, unless an answer has shown anything else meanwhile. Then the
// server went back to it, and somebody else may lead.
func (c *Checker) clears(p *proc, ev Sent) {
	if !ev.vacates() || c.register.asker[ev.Next.Nonce] != p.n {
		return
	}
	f := p.former[ev.Next.Nonce]
	if f == nil {
		p.former[ev.Next.Nonce] = &former{term: ev.Next.Term, since: c.now}
		return
	}
	const deciding = 10 * time.Millisecond
	releasing := stretched(p.settings.Release+2*attempt(p.settings.Lease), p.clock.rate) + p.stalled(f.since, c.now)
	switch {
	case f.doubted == 0, c.now-f.since < releasing: // its release may still go on
	case c.now-f.doubted < deciding+p.stalled(f.doubted, c.now):
	default:
		c.violate(Release, "p%d releases what is left of its term %d, although it was shown %v at %.3fs", p.n, f.term, f.shown, f.doubted.Seconds())
	}
}

// doubt notes that an answer shows something else than the held record of a term that
// is given up.
func (c *Checker) doubt(p *proc, s State) {
	for nonce, f := range p.former {
		if f.doubted == 0 && (!s.Held() || s.Nonce != nonce || s.Term != f.term) {
			f.doubted, f.shown = c.now, s
		}
	}
}
