package second

import (
	"slices"
	"time"

	"example.com/incumbent/verification/sim/check"
)

func read(entries []check.Entry) *story {
	s := &story{
		processes: map[int]*process{}, tenures: map[owner]*tenure{}, stood: map[check.State]time.Duration{}, asked: map[check.Sent][]*send{},
	}
	s.Explained = map[check.Assumption]int{}
	for _, e := range entries {
		if e.Proc == 0 {
			s.readServer(e)
			continue
		}
		if s.processes[e.Proc] == nil {
			s.processes[e.Proc] = &process{number: e.Proc, terms: map[int64]*tenure{}, sent: map[check.Sent]bool{}}
		}
		p := s.processes[e.Proc]
		s.readLife(p, e)
		s.readClient(p, e)
		s.readWork(p, e)
	}
	for _, p := range s.processes {
		p.end(entries[len(entries)-1].At)
	}
	return s
}

// readServer reads what happened to the key and to the resources.
func (s *story) readServer(e check.Entry) {
	switch ev := e.Event.(type) {
	case check.Wrote:
		s.wrote(e.At, ev.Now)
	case check.Serves:
		s.server = ev.At.Add(-e.At)
	case check.Forgot:
		s.breaks = append(s.breaks, breach{at: e.At})
		s.now, s.intact = check.State{}, check.State{}
	case check.Put:
		if ev.Now.Readable() && ev.Now != s.intact {
			s.breaks = append(s.breaks, breach{assumption: check.NoRollback, at: e.At})
			s.intact = ev.Now
		}
		s.stands(e.At, ev.Now)
	case check.Fault:
		if ev.Kind == "server clock" && s.clockSet == 0 {
			s.clockSet = e.At
		}
	case check.Fenced:
		s.fenced = append(s.fenced, e)
	}
}

func (s *story) wrote(at time.Duration, now check.State) {
	s.writes = append(s.writes, write{s.now, now, at})
	switch {
	case now.Status == check.Led && !s.now.Present:
		s.breaks = append(s.breaks, breach{check.NoGrab, at, 0})
	case now.Status == check.Led && s.now.Status == check.Quarantined:
		s.breaks = append(s.breaks, breach{check.SameLease, at, s.now.Lease})
	}
	if t := s.tenures[ownerOf(now)]; t != nil && t.written < 0 {
		t.written = at
	}
	s.intact = now
	s.stands(at, now)
}

func (s *story) stands(at time.Duration, now check.State) {
	s.now = now
	if _, known := s.stood[now]; !known {
		s.stood[now] = at
	}
}

// readLife reads what happened to a process and its clocks.
func (s *story) readLife(p *process, e check.Entry) {
	switch ev := e.Event.(type) {
	case check.Started:
		p.rate, p.settings = ev.Rate, ev.Settings
	case check.Configured:
		p.settings = ev.Settings
	case check.Stalled:
		p.holds = append(p.holds, hold{from: e.At, to: e.At + ev.For})
	case check.Suspended:
		p.holds = append(p.holds, hold{from: e.At, to: e.At + ev.For, stops: true, both: ev.Both})
	case check.WallSet:
		p.steps = append(p.steps, step{e.At, ev.By})
	case check.Asks:
		p.asked++
	case check.AskedFor:
		p.asked--
	case check.Crashed:
		p.end(e.At)
		s.call(p, "crash", 0, false, e.At)
	case check.Stopped:
		s.call(p, "stop", 0, false, e.At)
	}
}

// readClient reads what a process asked for and what it was told.
func (s *story) readClient(p *process, e check.Entry) {
	switch ev := e.Event.(type) {
	case check.Sent:
		if !p.sent[ev] {
			s.sent(p, e.At, ev)
		}
		s.noteRelease(p, e.At, ev)
	case check.Answered:
		p.answers = append(p.answers, answer{ev.Got, e.At})
		s.learn(p, e.At, ev.Got)
		s.told(p, e.At, ev)
	case check.Looked:
		p.looked = e.At
		p.answers = append(p.answers, answer{ev.Got, e.At})
		s.learn(p, e.At, ev.Got)
	}
}

func (s *story) sent(p *process, at time.Duration, ev check.Sent) {
	p.sent[ev] = true
	n := &send{ev, p, at, *p}
	s.sends, s.asked[ev] = append(s.sends, n), append(s.asked[ev], n)
	next := ev.Next
	grants := next.Status == check.Led && ownerOf(next) != ownerOf(ev.Expect)
	if s.tenures[ownerOf(next)] == nil && grants {
		s.tenures[ownerOf(next)] = &tenure{process: p, lease: next.Lease, looked: p.looked, written: -1}
	}
	if t := s.tenures[ownerOf(next)]; t != nil && t.process == p && (grants || next.Status == ev.Expect.Status && operationOf(ev.Expect, next) != pausing) {
		t.own = append(t.own, sending{next.Status, next.Beat, at})
	}
}

// learn is what a process sees of the record. If that is its own, it is confirmed.
func (s *story) learn(p *process, at time.Duration, got check.State) {
	if !got.Readable() {
		return
	}
	if p.awake(at) == at { // else it may have given the request up when it wakes
		p.met, p.longest = true, max(p.longest, got.Lease)
	}
	t := s.tenures[ownerOf(got)]
	if t == nil || t.process != p || !got.Held() {
		return
	}
	if anchor := t.firstSent(got); anchor > t.anchor(at) {
		t.trusts = append(t.trusts, trusted{at, anchor})
		p.terms[got.Term] = t
		if p.latest == nil || anchor >= p.latest.anchor(at) {
			p.latest = t
		}
	}
}

// told notes the first answer to a beat by which the term is over: the record is not
// the sender's any more, or older than the beat before, or asks it to step down.
func (s *story) told(p *process, at time.Duration, ev check.Answered) {
	own, got := ownerOf(ev.Next), ev.Got
	t := s.tenures[own]
	if t == nil || t.process != p || t.over > 0 || ownerOf(ev.Expect) != own || ev.Next.Status != ev.Expect.Status {
		return
	}
	if ownerOf(got) != own || got.Status != check.Led || got.Beat < ev.Expect.Beat {
		t.over = at
	}
}

// firstSent is when these bytes were first sent. Of bytes that somebody else wrote it
// is when those below them were; -1 if there are none.
func (t *tenure) firstSent(got check.State) time.Duration {
	for _, n := range slices.Backward(t.own) {
		if n.beat < got.Beat || n.beat == got.Beat && n.status == got.Status {
			return n.at
		}
	}
	return -1
}

// anchor is what trust counts from at an instant; -1 if nothing was confirmed.
func (t *tenure) anchor(at time.Duration) time.Duration {
	for _, c := range slices.Backward(t.trusts) {
		if c.at <= at {
			return c.anchor
		}
	}
	return -1
}

// readWork reads what a process does with its term.
func (s *story) readWork(p *process, e check.Entry) {
	switch ev := e.Event.(type) {
	case check.Began:
		s.call(p, "work", ev.Term, true, e.At)
		s.began(p, e.At, ev.Term)
	case check.Ended:
		s.call(p, "work", ev.Term, false, e.At)
		p.end(e.At)
	case check.Elected:
		s.call(p, "hook", ev.Term, true, e.At)
	case check.Revoked:
		s.call(p, "hook", ev.Term, false, e.At)
	case check.Told:
		if ev.Kind == "elected" || ev.Kind == "revoked" {
			s.call(p, "observer", ev.Term, ev.Kind == "elected", e.At)
		}
	case check.Drains:
		if p.work != nil {
			p.work.drains = append(p.work.drains, drain{e.At, e.At + ev.For})
		}
	case check.Stepped:
		s.believes(p, p.terms[ev.Term], "a step", e.At, ev.Age)
	case check.Believed:
		if ev.Leads {
			s.believes(p, p.latest, "IsLeader", e.At, ev.Age)
		}
	}
}

func (s *story) call(p *process, kind string, term int64, opens bool, at time.Duration) {
	s.calls = append(s.calls, call{kind, p.number, term, opens, at})
}

func (s *story) began(p *process, at time.Duration, term int64) {
	t := p.terms[term]
	if t == nil {
		s.violate(Terms, at, "p%d works in term %d, which it was not granted", p.number, term)
		t = &tenure{process: p, lease: p.settings.Lease, written: at, trusts: []trusted{{at, at}}}
	}
	p.end(at)
	p.work = &work{tenure: t, term: term, grace: p.settings.Grace, from: at}
	s.works = append(s.works, p.work)
}

func (p *process) end(at time.Duration) {
	if p.work != nil {
		p.work.to, p.work = at, nil
	}
}

func (s *story) believes(p *process, t *tenure, what string, at, age time.Duration) {
	if t == nil {
		s.violate(Trust, at, "p%d: %s without a grant that was confirmed", p.number, what)
		return
	}
	s.beliefs = append(s.beliefs, belief{t, what, at, at - age, t.anchor(at), t.over})
}
