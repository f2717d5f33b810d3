package check

import (
	"strconv"
	"strings"
	"time"
)

// pause is what a record says of one.
type pause struct {
	on    bool
	until int64 // the server's time in ms; 0: until somebody resumes
	why   string
}

// pause reads the words behind meta. Of words that come again the first good one counts.
func (s State) pause() (p pause) {
	for i, w := range strings.Split(s.Rest, " ") {
		if i < 2 || !s.Readable() { // id and meta
			continue
		}
		if text, is := strings.CutPrefix(w, "p="); is && !p.on {
			until, err := strconv.ParseInt(text, 10, 64)
			p.until, p.on = until, err == nil && until >= 0
		}
		if text, is := strings.CutPrefix(w, "pr="); is && p.why == "" {
			p.why = text
		}
	}
	return p
}

// Paused reports whether the record says that the election is paused.
func (s State) Paused() bool { return s.pause().on }

// Pause reports whether the record says that the election is paused, and until when by the
// server's time in ms; 0: until somebody resumes.
func (s State) Pause() (on bool, until int64) {
	p := s.pause()
	return p.on, p.until
}

// pauses is what is known of pauses.
type pauses struct {
	epoch  time.Time      // the server's time when the history began; zero: not known
	free   map[int64]bool // terms of which a record without a pause was written
	wishes map[State]bool // what was sent by whom was asked to pause or to resume; as sent
}

func newPauses() pauses { return pauses{free: map[int64]bool{}, wishes: map[State]bool{}} }

// over reports whether a pause may have ended by the server's clock.
func (c *Checker) over(p pause) bool {
	known := !c.pauses.epoch.IsZero() && c.faults["server clock"] == 0
	return p.until > 0 && (!known || c.pauses.epoch.Add(c.now).UnixMilli() >= p.until)
}

// stepPauses follows who is asked to pause and to resume, and judges that work begins only
// in a term of which the record says nothing of a pause.
func (c *Checker) stepPauses(p *proc, ev Event) {
	switch ev := ev.(type) {
	case Asks:
		p.asks++
	case AskedFor:
		p.asks--
	case Sent:
		if p.asks > 0 {
			c.pauses.wishes[ev.Next.Sent()] = true
		}
		c.remembers(p, ev)
	case Looked:
		p.shownPause(c.now, ev.Got)
	case Answered:
		p.shownPause(c.now, ev.Got)
	case Began:
		if !c.pauses.free[ev.Term] {
			c.violate(Pause, "p%d begins term %d, of which every record was paused", p.n, ev.Term)
		}
	}
}

// keeps judges that a change which is none of a pause leaves the pause as it is. A leader's
// own may leave out one that is over.
func (c *Checker) keeps(was, now State, mayEnd bool) {
	before, after := was.pause(), now.pause()
	if before.on && !after.on && now.Status == Led && c.isOlder(now) { // it is elected, and works
		c.breach(NewVersions)
		return
	}
	if before != after && (after.on || !mayEnd || !c.over(before)) {
		c.violate(Pause, "%v becomes %v, and the pause %+v becomes %+v", was, now, before, after)
	}
}

// isOlder reports whether a process of an older version has asked for this.
func (c *Checker) isOlder(s State) bool {
	p := c.procs[c.register.author[s.Sent()]]
	return p != nil && p.settings.Older
}

// wished judges a change of the pause that somebody must have been asked for.
func (c *Checker) wished(was, now State) {
	switch {
	case was.pause() == now.pause():
		c.violate(Transition, "%v becomes %v", was, now)
	case !c.pauses.wishes[now.Sent()]:
		c.violate(Pause, "%v becomes %v, and nobody asked for another pause than %+v", was, now, was.pause())
	}
}

// shownPause notes what an answer shows of a pause.
func (p *proc) shownPause(now time.Duration, s State) {
	switch is := s.pause(); {
	case !s.Readable():
	case is == p.lastPause:
	default:
		p.lastPause, p.pausedSince = is, now
	}
}

// remembers judges that whoever marks an absence puts back the pause that it was shown, unless
// it was shown another one a moment before: answers overtake each other.
func (c *Checker) remembers(p *proc, ev Sent) {
	was := p.lastPause
	sure := p.calling && c.now-p.pausedSince > p.settings.Lease+p.stalled(p.pausedSince, c.now)
	if !p.settings.Older && ev.Next.Status == Quarantined && !ev.Expect.Present && was.on && sure && !c.over(was) && ev.Next.pause() != was {
		c.violate(Pause, "p%d marks an absence by %v, and it knows of a pause", p.n, ev.Next)
	}
}
