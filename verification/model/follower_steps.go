package model

import (
	"slices"
	"time"
)

// Sends takes a compare-and-set that the process hands to the network. New says that nobody
// has sent a record with this nonce before.
func (f *Follower) Sends(expect, next Record, isNew bool) error {
	if asks(f.m, expect, next) || steers(f.m, expect, next, isNew) {
		return nil // anybody may ask a leader to step down, and change a pause
	}
	return f.only(func(g guess, keep func(guess)) {
		f.may(g, func(g guess) { f.sends(g, packet[int64]{expect: expect, next: next}, isNew, keep) })
	})
}

// asks reports whether a compare-and-set asks a leader to step down.
func asks(m *model[int64], expect, next Record) bool {
	s := state[int64]{reg: expect, asks: 1}
	return m.ask(&s, 0) && s.reg == next
}

// steers reports whether a compare-and-set changes a pause. One time for another is the same
// to the model, and a change all the same.
func steers(m *model[int64], expect, next Record, isNew bool) bool {
	before := expect
	if expect.pause == next.pause && expect.pause != none {
		before.pause = timed + lasting - expect.pause
	}
	s := state[int64]{reg: before, pauses: 1}
	if !m.pauses(&s, next.pause, 0) {
		return false
	}
	if expect.status == quarantined && isNew {
		s.reg.nonce, s.reg.holder = next.nonce, next.holder
	}
	return s.reg == next
}

func (f *Follower) sends(g guess, sent packet[int64], isNew bool, keep func(guess)) {
	if f.again(g, sent) {
		keep(g)
		return
	}
	for _, d := range senders {
		if d.last && !f.justEnded() && g.own.pause == none { // in a pause there is no work whose end is seen
			continue
		}
		reg := g.obs
		if g.missing && g.obs.status == unknown {
			reg = NoRecord()
		}
		if next, s, ok := f.try(g, reg, d.step); ok {
			d.keeps(g, next, s, sent, isNew, keep)
		}
	}
}

// again reports whether the same bytes are sent once more.
func (f *Follower) again(g guess, sent packet[int64]) bool {
	switch g.mode {
	case asking:
		return sent.expect == g.obs && sent.next == g.own
	case settling:
		return sent.expect == g.obs && sent.next == g.aside
	}
	return g.leads() && g.sent && sent.expect == g.own && sent.next == f.m.nextBeat(&g.process)
}

// sender is a step of the model that sends something.
type sender struct {
	step  deed[int64]
	draws bool // a nonce
	last  bool // it may leave for a moment after the end of the work only
	rises bool // its term may be above the model's, which is the least: the server's time is not in the model
}

var senders = []sender{
	{step: (*model[int64]).quarantine, draws: true, rises: true},
	{step: (*model[int64]).lengthenUnseen, draws: true},
	{step: (*model[int64]).grant, draws: true, rises: true},
	{step: (*model[int64]).grantAfter, draws: true, rises: true},
	{step: (*model[int64]).beat},
	{step: (*model[int64]).beatAfter},
	{step: (*model[int64]).release},
	{step: (*model[int64]).clearUp},
	{step: (*model[int64]).settleUnseen, draws: true},
	{step: (*model[int64]).lastBeat, last: true},
}

// keeps keeps what a step makes of a guess, if it sends what was sent.
func (d sender) keeps(was, g guess, s state[int64], sent packet[int64], isNew bool, keep func(guess)) {
	if s.sent != 1 || s.net[0].expect != sent.expect {
		return
	}
	want := s.net[0].next
	if d.draws && isNew {
		want.nonce, want.holder = sent.next.nonce, sent.next.holder
		if (d.rises || was.mode == settling && sent.expect == NoRecord()) && sent.next.term >= want.term {
			want.term = sent.next.term
		}
		if sent.expect == NoRecord() { // a pause that the process knows of may be put back
			want.pause = sent.next.pause
		}
	}
	if want != sent.next {
		return
	}
	switch {
	case was.mode == settling:
		g.aside = sent.next
	case g.mode == asking:
		g.own = sent.next
	}
	keep(g)
}

// lengthenUnseen sends what lengthens a quarantine, and does not know yet what became of it.
func (m *model[N]) lengthenUnseen(s *state[N], p int) bool {
	was, before := s.procs[p], s.reg
	if !m.lengthen(s, p) {
		return false
	}
	next := s.reg
	s.procs[p], s.reg = was, before
	return s.send(packet[N]{expect: before, next: next})
}

// lastBeat sends a beat that was decided before the release and leaves after it.
func (m *model[N]) lastBeat(s *state[N], p int) bool {
	q := &s.procs[p]
	if q.mode != ending {
		return false
	}
	was := *q
	q.mode = expired
	ok := m.beat(s, p)
	*q = was
	return ok
}

// settleUnseen sends what takes the place of the bytes that an unresolved grant expects.
func (m *model[N]) settleUnseen(s *state[N], p int) bool {
	q := &s.procs[p]
	if q.mode != settling {
		return false
	}
	m.settled(s, p, q.obs)
	return s.sent > 0
}

// Answered takes an answer that shows this record. Of is the grant of the record that the
// request was to write, if it was a compare-and-set, and floor the beat that it expected.
func (f *Follower) Answered(shows, of Record, floor int64) error {
	return f.only(func(g guess, keep func(guess)) {
		if !g.leads() {
			f.watches(f.judged(g, shows, floor), keep)
			if g.ignored++; g.mode != idle || g.ignored <= mostIgnored {
				keep(f.noted(g, shows))
			}
			return
		}
		keep(f.held(g, shows, of, floor))
		if of.sameGrant(g.own) {
			f.may(g, func(g guess) { keep(f.judged(g, shows, floor)) })
		}
	})
}

// judged is a guess after it has judged an answer.
func (f *Follower) judged(g guess, shows Record, floor int64) guess {
	s := f.view(&g, shows)
	f.m.judge(&s, 0, shows, floor)
	g = f.became(g, s.procs[0])
	g.missing, g.ignored = g.mode == idle && shows == NoRecord(), 0
	return g
}

// noted is a guess whose campaign does not take in an answer. It goes into what a process
// remembers all the same.
func (f *Follower) noted(g guess, shows Record) guess {
	f.m.learn(&g.process, shows)
	f.m.doubt(&g.process, shows)
	return g
}

// held is a guess that has an answer on its way to who beats.
func (f *Follower) held(g guess, shows, of Record, floor int64) guess {
	g = f.noted(g, shows)
	if (g.mode == working || g.mode == draining) && of.sameGrant(g.own) {
		g.slow, g.floor = shows, floor
	}
	return g
}

// watches keeps a guess that has judged an answer. If it watches the record now, it may have
// received that earlier, when it came back behind everybody's back; or it takes in what it
// heard since the request left.
func (f *Follower) watches(g guess, keep func(guess)) {
	keep(g)
	if g.mode != idle {
		return
	}
	if first, ok := f.back[g.obs]; ok {
		g := g
		g.waitFrom = first
		keep(g)
	}
	for _, n := range f.recent {
		if next, ok := f.hears(g, n.shows); ok {
			next.waitFrom = n.at
			keep(next)
		}
	}
}

// notice is a notification, and when it was received.
type notice struct {
	shows Record
	at    Moment
}

// Hears takes a notification that the process receives. An answer to an older request may
// take so long to be taken in.
func (f *Follower) Hears(r Record, waited time.Duration) error {
	f.recent = slices.DeleteFunc(f.recent, func(n notice) bool { return n.at.At < f.now.At-waited })
	f.recent = append(f.recent, notice{r, f.now})
	return f.only(func(g guess, keep func(guess)) {
		keep(g)
		if next, ok := f.hears(g, r); ok {
			keep(next)
		}
	})
}

func (f *Follower) hears(g guess, r Record) (guess, bool) {
	s := f.view(&g, Record{})
	s.push[0] = r
	if !f.m.hear(&s, 0, 0) {
		return g, false
	}
	return f.became(g, s.procs[0]), true
}

// trusted reports whether trust lasted when the clocks were looked at.
func (f *Follower) trusted(g guess, looked Moment) bool {
	return g.leads() && g.trustFrom.older(looked) <= time.Duration(f.m.ticks[g.own.lease].trust)
}
