package check

import (
	"maps"
	"slices"
	"time"
)

// proc is what the history has told of one process.
type proc struct {
	n         int
	candidate bool
	gone      bool
	settings  Settings
	clock     clock
	stalls    []span

	calling   bool          // Lead is under way
	called    time.Duration // since when
	returned  time.Duration // when it last returned
	cancelled *time.Duration
	backed    time.Duration // stands back until then
	looked    time.Duration // when it was last answered a look
	longest   time.Duration // the longest lease that an answer has shown
	learned   time.Duration // since when it knows of that
	certain   time.Duration // the longest lease that it must know of

	sent      map[State]moment // first sends of this call's records
	first     map[int]moment   // first sends of this call's grants, by nonce
	grants    map[int]bool     // nonces of grants that it asked for
	former    map[int]*former  // terms that it gives up, by nonce
	anchor    moment           // first send of the last that was confirmed
	anchored  bool
	held      State         // and what that was
	before    moment        // the anchor before that
	confirmed time.Duration // when the last confirmation came
	scope     *scope
	last      scope          // that has ended
	worked    int64          // the term of its last work
	ghost     State          // a grant of its own that it does not work in
	owned     map[int64]bool // terms of which it said that they could not be cleared up
	rests     time.Duration  // leaves leadership to others until then
	offer     offer

	asks        int           // calls under way that pause or resume
	lastPause   pause         // of the record that it was shown last
	pausedSince time.Duration // since when every record had that one

	apart bool // it said that Redis gives it no answer, and had none since

	elected int64 // by hooks, and not revoked yet
	told    told
	overran map[int64]bool // terms whose overrun was reported
	leader  *int64         // as last observed; nil: nothing, or an error

	watching time.Duration // since when, without a break
}

// scope is work that has begun and has not ended.
type scope struct {
	term      int64
	began     time.Duration
	announced time.Duration  // when it said that it would drain for too long
	drains    time.Duration  // until when
	noticed   *time.Duration // when it found its context ended
	cause     string
	ended     string         // why, as its observer was told
	progress  *moment        // its last step
	told      *time.Duration // the answer to a beat said that the term has ended
	mayLose   bool           // or that the record is another's, or is not what it was
}

type span struct{ from, to time.Duration }

func newProc(n int, s Started) *proc {
	return &proc{n: n, candidate: s.Candidate, settings: s.Settings, clock: clock{rate: s.Rate}, sent: map[State]moment{}, first: map[int]moment{}, grants: map[int]bool{}, overran: map[int64]bool{}, former: map[int]*former{}, owned: map[int64]bool{}}
}

func (c *Checker) sorted() []int { return slices.Sorted(maps.Keys(c.procs)) }

// stepLife follows what a process is.
func (c *Checker) stepLife(p *proc, ev Event) {
	switch ev := ev.(type) {
	case Configured:
		p.settings, p.rests = ev.Settings, 0
	case Crashed:
		p.gone, p.calling, p.scope = true, false, nil
	case Stopped:
		p.gone = true
	case Called:
		p.calling, p.called, p.cancelled = true, c.now, nil
		p.anchored, p.ghost = false, State{}
		clear(p.sent)
		clear(p.first)
		clear(p.grants)
	case Cancelled:
		p.cancelled = new(c.now)
	case Returned:
		c.returned(p)
	case Told:
		switch ev.Kind {
		case "grant_unresolved", "release_failed":
			p.owned[ev.Term] = true
		case "resumed": // a term that was lost in a pause; if Redis goes back to it, nobody may touch it
			p.owned[ev.Term] = p.owned[ev.Term] || ev.Reason == "lost"
		case "unreachable":
			p.apart = true
		}
	case Looked, Answered:
		p.apart = false
	case Backed:
		p.backed = c.now + stretched(ev.For, p.clock.rate)
	case Observed:
		p.leader = new(ev.Term)
		if ev.Term < 0 {
			p.leader, p.watching = nil, c.now
		}
	}
}

// returned judges how long Lead took to return after its context had ended.
func (c *Checker) returned(p *proc) {
	c.haunts(p, "returns from Lead")
	p.calling, p.returned = false, c.now
	if p.scope != nil {
		c.violate(Pairs, "Lead of p%d returned while its work of term %d runs", p.n, p.scope.term)
	}
	if p.cancelled == nil {
		return
	}
	since := *p.cancelled
	budget := stretched(stopBudget(p.settings), p.clock.rate)
	if took := c.now - since - p.stalled(since, c.now); took > budget {
		c.violate(Stop, "Lead of p%d returned %v after its context and its work had ended, the budget is %v", p.n, took, budget)
	}
}

// stalled is for how long the process did not get to run between two instants.
func (p *proc) stalled(from, to time.Duration) (sum time.Duration) {
	for _, s := range p.stalls {
		sum += max(0, min(s.to, to)-max(s.from, from))
	}
	return sum
}

// stepFaults follows what is done to processes, and counts.
func (c *Checker) stepFaults(p *proc, ev Event) {
	switch ev := ev.(type) {
	case Fault:
		if !ev.Ends {
			c.faults[ev.Kind]++
		}
	case Stalled:
		c.hold(p, ev.For)
		c.faults["stall"]++
	case Suspended:
		c.hold(p, ev.For)
		c.faults["suspend"]++
		lost, set := stretched(ev.For, 1/p.clock.rate), time.Duration(0)
		if ev.Both {
			set = -lost
			c.faults["freeze"]++
		}
		p.clock.shift(c.now, lost, set)
	case WallSet:
		p.clock.shift(c.now, 0, ev.By)
		c.faults["wall clock"]++
	case Crashed:
		c.faults["crash"]++
	}
}

func (c *Checker) hold(p *proc, d time.Duration) {
	p.stalls = slices.DeleteFunc(p.stalls, func(s span) bool { return s.to < c.now-100*time.Hour })
	from := c.now
	if n := len(p.stalls); n > 0 {
		from = max(from, p.stalls[n-1].to) // stalls that overlap count once
	}
	if to := c.now + d; to > from {
		p.stalls = append(p.stalls, span{from, to})
	}
}
