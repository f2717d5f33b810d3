package second

import (
	"slices"
	"time"

	"example.com/incumbent/verification/sim/check"
)

// trust is how long a confirmed beat is trusted.
func (t *tenure) trust() time.Duration { return t.lease * 3 / 5 }

// judgeOverlaps compares all works as intervals.
func (s *story) judgeOverlaps() {
	var open []*work
	for _, b := range s.works {
		open = slices.DeleteFunc(open, func(a *work) bool { return a.to <= b.from })
		for _, a := range open {
			if a.process != b.process {
				s.judgeOverlap(a, b)
			}
		}
		open = append(open, b)
	}
}

// judgeOverlap judges an overlap by its begin, and by its end: until then both must be
// within trust and grace.
func (s *story) judgeOverlap(a, b *work) {
	why, end := s.explain(a, b), min(a.to, b.to)
	if why == "" {
		s.violate(Overlap, b.from, "p%d works in term %d and p%d in term %d", a.number, a.term, b.number, b.term)
		return
	}
	s.Explained[why]++
	for _, w := range []*work{a, b} {
		if w.excess(end) > 0 && w.excuse(end) == "" {
			s.violate(Overlap, end, "p%d works in term %d beside another, past trust and grace", w.number, w.term)
		}
	}
}

// explain names the assumption that was broken when b began beside a: one of them is
// late, or it was not the one that began first which was granted first, or the store
// did after that grant, and after its last confirmed beat, what it must not do.
func (s *story) explain(a, b *work) check.Assumption {
	for _, w := range []*work{a, b} {
		if why := w.excuse(b.from); w.excess(b.from) > 0 && why != "" {
			return why
		}
	}
	older := a
	if b.written < a.written {
		older = b
	}
	for _, x := range s.breaks {
		if x.at > older.written && x.at >= older.anchor(b.from) && x.at <= b.from && x.lease < older.lease && x.assumption != "" {
			return x.assumption
		}
	}
	if !a.isTrue() || !b.isTrue() {
		return check.TrueClocks
	}
	return ""
}

// excess is for how long work should have been over, in real time.
func (w *work) excess(at time.Duration) time.Duration {
	return at - w.anchor(at) - w.real(w.trust()+w.grace+w.slack())
}

// slack is how late timers and the scheduler may be.
func (w *work) slack() time.Duration { return max(50*time.Millisecond, w.lease/50) }

// excuse names the assumption that was broken when work is there for so long.
func (w *work) excuse(at time.Duration) (why check.Assumption) {
	anchor := w.anchor(at)
	held := w.held(anchor, anchor+w.real(w.trust()), at)
	if w.excess(at) <= held {
		why = check.NoStall
	}
	for _, d := range w.drains {
		switch until := d.until + w.real(w.slack()); {
		case d.at > at:
		case at <= until:
			return check.NoOverrun
		case at <= until+held:
			why = check.NoStall
		}
	}
	return why
}

// judgeTrust has nobody work, or say that it leads, past its trust by its own clocks,
// nor for longer than an attempt after it was told that its term is over: an answer is
// heard with those of its packet.
func (s *story) judgeTrust() {
	for _, b := range s.beliefs {
		if passed := b.elapsed(b.anchor, b.reading); passed > b.trust()+tolerance {
			s.violate(Trust, b.at, "p%d: %s by a beat that is %v old, trust is %v", b.number, b.what, passed, b.trust())
		}
		heard := b.over + max(250*time.Millisecond, b.lease/10)
		if b.over > 0 && b.reading > heard && b.held(b.over, b.over, b.reading) == 0 {
			s.violate(Trust, b.at, "p%d: %s, and it was told at %v that its term is over", b.number, b.what, b.over)
		}
	}
}

// judgePairs has callbacks of each kind alternate, with equal terms.
func (s *story) judgePairs() {
	kinds := []string{"work", "hook", "observer"}
	open := map[int]map[string]int64{}
	for _, c := range s.calls {
		of := open[c.proc]
		switch {
		case of == nil || c.kind == "crash":
			of = map[string]int64{}
			open[c.proc] = of
		case c.kind == "stop":
			for _, kind := range kinds {
				if of[kind] != 0 {
					s.violate(Pairs, c.at, "p%d has stopped, and the %s of term %d is open", c.proc, kind, of[kind])
				}
			}
		}
		if c.kind == "work" && of["hook"] != 0 {
			s.violate(Pairs, c.at, "p%d: work opens or ends while the hook of term %d is open", c.proc, of["hook"])
		}
		was := of[c.kind]
		of[c.kind] = 0
		if c.opens {
			of[c.kind] = c.term
		}
		if c.opens && was != 0 || !c.opens && was != c.term {
			s.violate(Pairs, c.at, "p%d: the %s of term %d opens (%v) after term %d", c.proc, c.kind, c.term, c.opens, was)
		}
	}
}

// judgeFences has no resource accept an older term after a newer one.
func (s *story) judgeFences() {
	highest := map[string]int64{}
	for _, e := range s.fenced {
		f := e.Event.(check.Fenced)
		if f.Accepted && f.Term < highest[f.Resource] {
			s.violate(Fence, e.At, "%s accepts term %d after %d", f.Resource, f.Term, highest[f.Resource])
		}
		if f.Accepted {
			highest[f.Resource] = f.Term
		}
	}
}
