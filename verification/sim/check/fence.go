package check

// fences judges fenced resources.
type fences struct {
	highest map[string]int64
	refused int
}

// fenced judges a write that reached a resource.
func (c *Checker) fenced(ev Fenced) {
	f := &c.fences
	if f.highest == nil {
		f.highest = map[string]int64{}
	}
	switch highest := f.highest[ev.Resource]; {
	case ev.Accepted && ev.Term < highest:
		c.violate(Fence, "%s accepts term %d after term %d", ev.Resource, ev.Term, highest)
	case ev.Accepted:
		f.highest[ev.Resource] = ev.Term
	case ev.Term >= highest:
		c.violate(Fence, "%s refuses term %d after term %d", ev.Resource, ev.Term, highest)
	default:
		f.refused++
	}
}
