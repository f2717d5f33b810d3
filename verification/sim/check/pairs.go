package check

// told is what the library last reported to its observer of a term.
type told struct {
	term  int64
	stage string // "elected", "revoked", "released"; empty at the begin
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
		if p.told.stage == "elected" {
			c.violate(Pairs, "p%d was never told that term %d has ended", p.n, p.told.term)
		}
	}
}

// told judges the events that a library's observer is told of.
func (c *Checker) told(p *proc, ev Told) {
	next := told{ev.Term, ev.Kind}
	var ok bool
	switch ev.Kind {
	case "elected":
		ok = p.told.stage != "elected" && ev.Term > p.told.term
	case "revoked":
		ok = p.told == told{ev.Term, "elected"}
	case "released", "release_failed":
		ok = p.told == told{ev.Term, "revoked"}
	default:
		return
	}
	if !ok {
		c.violate(Pairs, "p%d is told of %s in term %d, after %s in term %d", p.n, ev.Kind, ev.Term, p.told.stage, p.told.term)
	}
	p.told = next
}
