package check

import "time"

// register is what the history has told of the key, in the server's order.
type register struct {
	now     State
	born    map[State]time.Duration // when these bytes were first written
	author  map[State]int           // who sent them last; as they were sent
	sent    map[State]time.Duration // when they were first sent; as they were sent
	looked  map[State]time.Duration // when who first sent it had looked last
	holders map[int64]*holder       // by term
	nonces  map[int]int64           // the term of each nonce
	asker   map[int]int             // who asked for the term of each nonce
	highest int64                   // term that was granted
	grants  int

	rolledBack, forgot time.Duration // when last; negative: never
	shortcuts          []shortcut
}

// holder is who was granted a term.
type holder struct {
	owner State
	at    time.Duration // when it was granted
	proc  int           // who believed it; 0: nobody yet
}

// A shortcut is a grant from what was no leader's record, so that a leader may be
// there of whom Redis knows nothing, with a longer lease than was waited for.
type shortcut struct {
	at    time.Duration
	lease time.Duration // of the quarantine; 0: an absent record was taken at once
	knew  time.Duration // the longest lease that an answer had shown to who was granted
}

const never = -1

func newRegister() register {
	return register{
		born: map[State]time.Duration{}, author: map[State]int{}, sent: map[State]time.Duration{}, looked: map[State]time.Duration{}, holders: map[int64]*holder{}, nonces: map[int]int64{}, asker: map[int]int{},
		rolledBack: never, forgot: never,
	}
}

// hasty names the assumption that a shortcut between two instants has broken, for a
// leader of that lease. Who is elected in order after that one is not to blame.
func (r *register) hasty(from, to, lease time.Duration) Assumption {
	for _, s := range r.shortcuts {
		switch {
		case s.at < from || s.at > to || s.lease >= lease || s.knew >= lease:
		case s.lease == 0:
			return NoGrab
		default:
			return SameLease
		}
	}
	return ""
}

// stepServer follows the key.
func (c *Checker) stepServer(ev Event) {
	r := &c.register
	switch ev := ev.(type) {
	case Wrote:
		c.wrote(r.now, ev.Now)
		c.put(ev.Now)
	case Serves:
		c.pauses.epoch = ev.At.Add(-c.now)
	case Pushed:
		if ev.Now != r.now {
			c.violate(Push, "%v is pushed, and the key holds %v", ev.Now, r.now)
		}
	case Put:
		c.faults[ev.How]++
		if ev.Now.Readable() {
			r.rolledBack = c.now
		}
		c.put(ev.Now)
	case Forgot:
		c.faults[ev.How]++
		r.forgot = c.now
		r.now = State{}
	case Fenced:
		c.fenced(ev)
	}
}

func (c *Checker) put(s State) {
	c.register.now = s
	if s.Status == Led && !s.Paused() {
		c.pauses.free[s.Term] = true
	}
	if _, again := c.register.born[s]; !again {
		c.register.born[s] = c.now
	}
}

// wrote judges a compare-and-set that changed the key.
func (c *Checker) wrote(was, now State) {
	switch {
	case !now.Readable():
		c.violate(Transition, "%v is written", now)
	case was.Present && !was.Readable():
		c.violate(Transition, "%v is overwritten by %v", was, now)
	case was.Readable() && !now.After(was):
		c.violate(Transition, "%v does not come after %v", now, was)
	case c.known(now):
		c.violate(Transition, "%v is written again", now)
	default:
		c.changed(was, now)
	}
}

// known reports whether these bytes were written before. After a rollback they may
// be: a packet that was late then fits once more.
func (c *Checker) known(s State) bool {
	born, known := c.register.born[s]
	return known && born > c.register.rolledBack
}

// changed judges a change by what the record says now.
func (c *Checker) changed(was, now State) {
	ch := c.change(was, now)
	author, holder := c.register.author[now.Sent()], c.register.asker[now.Nonce]
	if ch.beats && holder != 0 && author != holder {
		c.violate(Transition, "p%d makes %v of %v, which is of p%d", author, now, was, holder)
	}
	switch {
	case ch.beats:
		c.keeps(was, now, true)
	case now.Status == Led && ch.steers && was.Paused():
		c.wished(was, now)
	case now.Status == Led:
		c.granted(was, now)
	case now.Status == Draining:
		c.asked(was, now, ch)
	case now.Status == Vacant:
		c.vacated(was, now, ch)
	default:
		c.quarantined(was, now)
	}
}

// A change is what a write may be by its owner and its beat. Those of a leader are even,
// and those that others write on its record are odd.
type change struct{ beats, steers, next bool }

func (c *Checker) change(was, now State) change {
	if !was.Readable() || !now.SameOwner(was) || now.Lease != was.Lease {
		return change{}
	}
	by, odd := now.Beat-was.Beat, was.Beat&1
	ch := change{
		beats:  was.Held() && now.Status == was.Status && by == 2+odd,
		steers: was.Status == Led && by == 1+odd,
		next:   by == 1,
	}
	if c.isOlder(now) { // it counts one by one, and changes no pause
		ch.beats = was.Held() && now.Status == was.Status && by == 1
		ch.steers = was.Status == Led && now.Status == Draining && by == 1
	}
	return ch
}

// asked judges a request to step down, or to pause.
func (c *Checker) asked(was, now State, ch change) {
	switch {
	case !ch.steers:
		c.violate(Transition, "%v becomes %v", was, now)
	case was.pause() != now.pause():
		c.wished(was, now)
	}
}

// quarantined judges what marks an absence, makes that longer, or changes its pause.
func (c *Checker) quarantined(was, now State) {
	switch {
	case !was.Present:
	case was.Status != Quarantined || now.SameOwner(was) || now.Lease < was.Lease:
		c.violate(Transition, "%v becomes %v", was, now)
	case now.Lease == was.Lease:
		c.wished(was, now)
	default:
		c.keeps(was, now, false)
	}
}

// granted judges a new term.
func (c *Checker) granted(was, now State) {
	r := &c.register
	author := c.procs[r.author[now.Sent()]]
	switch {
	case now.SameOwner(was):
		c.violate(Transition, "%v becomes %v", was, now)
	case was.Waited():
		c.aged(was, author)
	case !was.Present && (author == nil || !author.settings.Immediate):
		c.violate(Transition, "p%d takes an absent record at once", r.author[now.Sent()])
	case !was.Present:
		r.shortcuts = append(r.shortcuts, shortcut{at: c.now})
	}
	if was.Present {
		c.keeps(was, now, true)
	}
	if was.Status == Quarantined {
		r.shortcuts = append(r.shortcuts, shortcut{c.now, was.Lease, author.knows()})
	}
	if h := r.holders[now.Term]; h != nil && (h.owner == now || !was.Present && h.owner.SameOwner(now)) {
		return // once more, after a rollback; or a copy of a grant from absence
	}
	c.rising(now)
	c.landed(author, now)
	if term, again := r.nonces[now.Nonce]; again {
		c.violate(Terms, "the nonce of term %d comes again in term %d", term, now.Term)
	}
	r.nonces[now.Nonce] = now.Term
	r.highest = max(r.highest, now.Term)
	r.holders[now.Term] = &holder{owner: now, at: c.now}
	r.grants++
}

// before reports whether one term was granted before another. After some faults
// their numbers do not tell.
func (r *register) before(one, other int64) bool {
	a, b := r.holders[one], r.holders[other]
	if a == nil || b == nil {
		return one < other
	}
	return a.at < b.at
}

// rising judges that a new term is higher than all before. It need not be if a
// rollback has undone those, and the look that the new one counts from was before it.
// Two grants may even get the same term then if the server's clock was set back, too:
// both count on from the same record. Nor need it be if the server has lost its memory
// and its clock was set: nothing is left then that a new term could be above.
func (c *Checker) rising(now State) {
	r := &c.register
	last, twice := r.holders[r.highest], r.holders[now.Term]
	clockSet := c.faults["server clock"] > 0
	switch {
	case now.Term > r.highest:
	case twice == nil && clockSet && r.forgot >= last.at:
	case r.rolledBack < last.at, twice != nil && (r.rolledBack < twice.at || !clockSet):
		c.violate(Terms, "term %d is granted after term %d", now.Term, r.highest)
	case r.looked[now.Sent()] > r.rolledBack && !clockSet:
		c.violate(Terms, "term %d, of a look after a rollback, is granted after term %d", now.Term, r.highest)
	default:
		c.breach(NoRollback)
	}
}

// aged judges that a record stood for its lease before it was replaced, by the
// clock of who replaced it.
func (c *Checker) aged(was State, author *proc) {
	rate := 1 + drift
	if author != nil {
		rate = author.clock.rate
	}
	age := c.now - c.register.born[was]
	if need := stretched(was.Lease, rate); age < need-rounding {
		c.violate(Early, "%v is replaced %v after it was written, %v too early", was, age, need-age)
	}
}

// longEnough judges that nobody asks for a term from a quarantine that is shorter
// than the longest lease it knows of.
func (c *Checker) longEnough(p *proc, s State) {
	longest := max(p.settings.Lease, p.sure(c.now))
	if s.Status == Quarantined && s.Lease < longest {
		c.violate(Early, "p%d takes %v although it knows of a lease of %v", p.n, s, longest)
	}
}

// vacated judges a release, or the clearing up of an unsettled grant.
func (c *Checker) vacated(was, now State, ch change) {
	switch {
	case ch.next && was.Status == Vacant:
		c.wished(was, now)
	case ch.next && was.Held():
		c.keeps(was, now, false)
		for _, n := range c.sorted() {
			if p := c.procs[n]; p.scope != nil && p.scope.term == now.Term {
				c.violate(Release, "term %d is released while p%d works in it", now.Term, n)
			}
		}
	case !was.Present || now.Term != was.Term || now.Beat != was.Beat+1 || now.Lease != was.Lease || now.Nonce == was.Nonce:
		c.violate(Transition, "%v becomes %v", was, now)
	default:
		c.keeps(was, now, false)
		if was.Waited() {
			c.aged(was, c.procs[c.register.author[now.Sent()]])
		}
	}
	c.vacancy(now)
}
