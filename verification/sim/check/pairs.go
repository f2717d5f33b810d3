package check

// told is what the library last reported to its observer of a term.
type told struct {
	term  int64
	stage string // "paused", "resumed", "elected", "revoked", "released"; empty at the begin
}

// stepPairs judges that begins and ends alternate, with equal terms.
func (c *Checker) stepPairs(p *proc, ev Event) {
	switch ev := ev.(type) {
	case Elected:
		if p.elected != 0 || p.scope == nil || p.scope.term != ev.Term {
			c.violate(Pairs, "OnElected of p%d in term %d comes unpaired", p.n, ev.Term)
		}
		p.elected = ev.Term
	case Revoked:
		if p.elected != ev.Term || p.scope == nil {
			c.violate(Pairs, "OnRevoked of p%d in term %d comes unpaired", p.n, ev.Term)
		}
		p.elected = 0
	case Ended:
		if p.elected != 0 {
			c.violate(Pairs, "work of p%d in term %d ends without OnRevoked", p.n, ev.Term)
		}
	case Told:
		c.told(p, ev)
	case Stopped:
		if s := p.told.stage; s == "elected" || s == "paused" || s == "resumed" {
			c.violate(Pairs, "p%d was never told that term %d has ended, but that it was %s", p.n, p.told.term, s)
		}
	}
}

// told judges the events that a library's observer is told of.
func (c *Checker) told(p *proc, ev Told) {
	next := told{ev.Term, ev.Kind}
	var ok bool
	switch ev.Kind {
	case "elected":
		ok = p.told == told{ev.Term, "resumed"} || p.told.rests() && ev.Term > p.told.term
	case "paused":
		ok = p.told.rests() && ev.Term > p.told.term
	case "resumed":
		ok = p.told == told{ev.Term, "paused"}
		if ev.Reason != "" { // its term has ended before its work began
			next.stage = "given up"
		}
	case "revoked":
		ok = p.told == told{ev.Term, "elected"}
	case "released":
		ok = p.told == told{ev.Term, "revoked"}
	case "release_failed":
		ok = p.told == told{ev.Term, "revoked"} || p.told == told{ev.Term, "given up"}
	default:
		return
	}
	if !ok {
		c.violate(Pairs, "p%d is told of %s in term %d, after %s in term %d", p.n, ev.Kind, ev.Term, p.told.stage, p.told.term)
	}
	p.told = next
}

// rests reports whether nothing that was told of still goes on.
func (t told) rests() bool {
	return t.stage != "elected" && t.stage != "paused" && t.stage != "resumed"
}
