package second

import (
	"slices"
	"time"

	"example.com/incumbent/verification/sim/check"
)

// operation is what a compare-and-set is for.
type operation string

const (
	unknown    operation = "do that" // the protocol has nothing like it
	quarantine operation = "quarantine"
	grab       operation = "grant at once"
	grant      operation = "grant"
	lengthen   operation = "lengthen"
	beat       operation = "beat"
	stepDown   operation = "step down"
	release    operation = "release"
	settle     operation = "settle"
	pausing    operation = "change a pause"
)

// operationOf names the transition between two states, by their statuses first.
func operationOf(was, now check.State) operation {
	key, own := letter(was)+letter(now), ownerOf(was) == ownerOf(now)
	in := func(keys ...string) bool { return slices.Contains(keys, key) }
	switch {
	case in("-Q") && now.Beat == 0:
		return quarantine
	case in("-L"):
		return grab
	case in("QL", "VL", "LL", "DL") && now.Term > was.Term && now.Nonce != was.Nonce:
		return grant
	case now.Term != was.Term || now.Lease < was.Lease:
		return unknown
	case in("QQ") && now.Lease > was.Lease && !own && now.Beat == was.Beat+1:
		return lengthen
	case now.Lease != was.Lease:
		return unknown
	case in("LL", "DD", "LD") && own && now.Holder == was.Holder:
		return onHeld(was, now)
	case now.Beat != was.Beat+1:
		return unknown
	case (in("QQ") && !own || in("VV") && own) && pauseOf(was) != pauseOf(now):
		return pausing
	case in("QV", "VV", "LV", "DV") && !own:
		return settle
	case in("LV", "DV"):
		return release
	}
	return unknown
}

// onHeld names what is written over the record of a term by itself or by others: its leader
// writes even beats, two on from an even one, and others odd ones, one on.
func onHeld(was, now check.State) operation {
	switch odd := was.Beat % 2; {
	case now.Status == was.Status && now.Beat == was.Beat+2+odd:
		return beat
	case was.Status != check.Led || now.Beat != was.Beat+1+odd:
	case now.Status == check.Draining:
		return stepDown
	case pauseOf(was) != "" && pauseOf(was) != pauseOf(now):
		return pausing
	}
	return unknown
}

func letter(s check.State) string {
	switch {
	case !s.Present:
		return "-"
	case !s.Readable():
		return "?"
	}
	return string(s.Status)
}

// judgeWrites has every write be a request for exactly what stood there, of somebody
// who may make it, with bytes that were never written.
func (s *story) judgeWrites() {
	written := map[check.State]time.Duration{}
	for _, w := range s.writes {
		sent := check.Sent{Expect: w.was, Next: w.now}
		if !w.was.Present {
			sent.Next = w.now.Sent()
		}
		op, asked := operationOf(w.was, w.now), s.asked[sent]
		switch {
		case len(asked) == 0:
			s.violate(Transition, w.at, "nobody asked for %v in place of %v", w.now, w.was)
		case !slices.ContainsFunc(asked, func(n *send) bool { return s.may(n, op) }):
			s.violate(Transition, w.at, "p%d may not %s: %v in place of %v", asked[0].number, op, w.now, w.was)
		}
		if at, known := written[w.now]; known && !s.undone(at, w.at) {
			s.violate(Transition, w.at, "%v was written before", w.now)
		}
		written[w.now] = w.at
	}
}

// undone reports whether what was written then may have been undone since.
func (s *story) undone(from, to time.Duration) bool {
	return slices.ContainsFunc(s.breaks, func(x breach) bool {
		return x.assumption == check.NoRollback && from <= x.at && x.at <= to
	})
}

// may reports whether who sent a request has the right to.
func (s *story) may(n *send, op operation) bool {
	t := s.tenures[ownerOf(n.Next)]
	switch op {
	case unknown:
		return false
	case beat, release, grant:
		return t != nil && t.process == n.process
	case grab:
		return n.then.settings.Immediate && !n.then.met
	case settle:
		return n.then.asked > 0 || slices.ContainsFunc(s.sends, func(o *send) bool {
			return o.process == n.process && o.at <= n.at && o.Expect == n.Expect && operationOf(o.Expect, o.Next) == grant
		})
	}
	return true
}

// judgeTerms has every grant have a higher term than all before.
func (s *story) judgeTerms() {
	highest, at, holders := int64(0), time.Duration(0), map[int64]owner{}
	for _, w := range s.writes {
		if op := operationOf(w.was, w.now); w.now.Status != check.Led || op == beat || op == pausing {
			continue
		}
		holder, known := holders[w.now.Term]
		switch {
		case w.now.Term > highest:
			highest, at = w.now.Term, w.at
		case !s.mayFall(w, at, known && holder != ownerOf(w.now)):
			s.violate(Terms, w.at, "term %d is granted after term %d", w.now.Term, highest)
		}
		holders[w.now.Term] = ownerOf(w.now)
	}
}

// mayFall reports whether a term may be below one that was granted then: the store has
// lost that since, and its clock was set; or it has undone it when the look was over
// that the new term was chosen by. Only what was undone may be granted to another.
func (s *story) mayFall(w write, granted time.Duration, reused bool) bool {
	t, set := s.tenures[ownerOf(w.now)], s.clockSet > 0 && s.clockSet <= w.at
	return slices.ContainsFunc(s.breaks, func(x breach) bool {
		lost := x.assumption == "" && !reused || x.assumption == check.NoRollback
		blind := x.assumption == check.NoRollback && t != nil && t.looked <= x.at
		return granted <= x.at && x.at <= w.at && (lost && set || blind)
	})
}

// judgeNonces has each be of one process and of one term, in which it was new once.
func (s *story) judgeNonces() {
	first := map[int]*send{}
	for _, n := range s.sends {
		f, op := first[n.Next.Nonce], operationOf(n.Expect, n.Next)
		switch {
		case op == stepDown || op == pausing && n.Expect.Nonce == n.Next.Nonce: // anybody may, with the holder's
		case f == nil:
			first[n.Next.Nonce] = n
		case f.Next.Term != n.Next.Term || f.process != n.process || op != beat && op != release:
			s.violate(Terms, n.at, "p%d uses the nonce of %v for %v", n.number, f.Next, n.Next)
		}
	}
}

// judgeReleases has nobody ask for the vacancy of a term in which it works.
func (s *story) judgeReleases() {
	for _, n := range s.sends {
		if w := n.then.work; n.Next.Status == check.Vacant && w != nil && w.term == n.Next.Term {
			s.violate(Release, n.at, "p%d vacates term %d while its work runs", n.number, w.term)
		}
	}
}

// judgeWaits has nobody claim a record that is held or quarantined before it has stood
// for its lease, nor ask for a quarantine, or claim one, that is shorter than a lease
// it knows of.
func (s *story) judgeWaits() {
	for _, n := range s.sends {
		op := operationOf(n.Expect, n.Next)
		claim := op == grant
		if (claim || op == settle && n.then.asked > 0) && n.Expect.Status != check.Vacant {
			s.judgeWait(n)
		}
		known := max(n.then.longest, n.then.settings.Lease)
		short := n.Next.Status == check.Quarantined && n.Next.Lease < known
		if short || claim && n.Expect.Status == check.Quarantined && n.Expect.Lease < known {
			s.violate(Early, n.at, "p%d knows of a lease of %v: %v", n.number, known, n.Sent)
		}
	}
}

// judgeWait has the wait begin when the process can first have read its clock with the
// record at hand.
func (s *story) judgeWait(n *send) {
	since, stood := s.stood[n.Expect]
	waited := n.mono(n.awake(since), n.at)
	if !stood || since > n.at || waited < n.Expect.Lease-tolerance {
		s.violate(Early, n.at, "p%d claims %v after %v", n.number, n.Expect, waited)
	}
}
