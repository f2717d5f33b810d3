package ledger

import (
	"maps"
	"slices"

	"example.com/incumbent/verification/ledger/account"
)

func sorted(runs map[string]*running) []string { return slices.Sorted(maps.Keys(runs)) }

func toBook(t *tenure, w *world, c change) account.Write {
	return account.Write{Term: t.n, Record: w.server.record, Job: c.job, Before: c.before, After: c.after, Server: w.serverMillis(), Line: c.line}
}

// meanTerm is how long terms last in the mean. In the wild weeks they are so short that many
// a successor remembers what was before a loss of memory.
func (w *world) meanTerm() int64 {
	if w.wild() {
		return 4 * minute
	}
	return 90 * minute
}

// wild reports whether it is one of the weeks in which the clock of the server is set with
// every loss of memory. There is one in ten.
func (w *world) wild() bool { return w.now/week%10 == 0 }

// doom draws how a term ends, and when: some time, close to a due time, or at a place.
func (w *world) doom(t *tenure) {
	fate := w.fate(t)
	when := w.often(w.meanTerm())
	once := func() {
		if w.leader == t && !w.calm() {
			fate()
		}
	}
	switch {
	case w.happens(0.3):
		w.after(when, func() {
			t.trap = &trap{place(w.chance.IntN(int(places))), 1 + w.chance.IntN(6), once}
		})
		when += w.meanTerm() // if nothing gets there
	case w.happens(0.4):
		due := (w.now+w.ahead+when)/hour*hour + []int64{0, 5, 30, 45}[w.chance.IntN(4)]*minute // of some job
		when = max(due-w.ahead-w.now+w.between(-30_000, 60_000), 1)
	}
	w.after(when, once)
}

// fate draws what happens to a leader.
func (w *world) fate(t *tenure) func() {
	switch draw := w.chance.Float64(); {
	case draw < 0.4:
		return func() { w.orderly(t) }
	case draw < 0.65:
		return func() { w.crash(t) }
	case draw < 0.8:
		return func() { w.isolate(t) }
	case draw < 0.92:
		return func() { w.stall(t) }
	}
	return func() { w.flush(t) }
}

// succeed has another begin after d, or after an outage: due times pile up.
func (w *world) succeed(d int64) {
	w.leader = nil
	if away := w.between(hour, 3*day); w.happens(0.005) && w.now+d+away < w.end-calm {
		w.faults.Outages++
		d += away
	}
	w.after(d, func() { w.begin(w.procs[w.chance.IntN(len(w.procs))]) })
}

// orderly ends a term as a process does that is asked to: runs end, their ends are written,
// the office is given up.
func (w *world) orderly(t *tenure) {
	w.faults.Orderly++
	w.leader = nil
	released := false
	t.ended = func() {
		if released {
			return
		}
		released = true
		w.server.record = "1 V " + w.server.record[4:]
		w.succeed(w.between(1000, 2*second))
	}
	t.term.Stop()
	t.endRuns(4 * second)
	t.step()
	w.after(trust, func() {
		if !t.gone { // it got no answer
			t.over()
			w.after(lease-trust, func() {
				t.gone = true
				t.ended()
			})
		}
	})
}

// over tells a term that leadership is gone.
func (t *tenure) over() {
	if !t.gone {
		t.lose()
		t.endRuns(3 * second)
		t.step()
	}
}

// crash ends a process in the middle of anything. It is started again.
func (w *world) crash(t *tenure) {
	w.faults.Crashes++
	t.die()
	w.again(t.p)
	w.succeed(w.between(lease, 2*lease))
}

// again starts a process anew.
func (w *world) again(p *process) {
	w.faults.Restarts++
	p.boot()
}

// isolate cuts a leader off: it ends by its clock, and its late packets still arrive.
func (w *world) isolate(t *tenure) {
	w.faults.Cuts++
	t.cut = true
	w.after(trust, t.over)
	w.after(lease, t.die)
	w.succeed(w.between(lease, 2*lease))
}

// stall has a leader stand still past its lease. When it wakes up its clock says that the
// term is over, but its runs are there.
func (w *world) stall(t *tenure) {
	w.faults.Stalls++
	w.book.Stand(t.n)
	t.until = w.now + w.between(lease, 6*lease)
	w.agenda.put(t.until, t.over)
	w.agenda.put(t.until+4*second, t.die)
	next := w.procs[(t.p.n+1+w.chance.IntN(2))%len(w.procs)]
	w.leader = nil
	w.after(w.between(lease, 2*lease), func() { w.begin(next) })
}

// flush has Redis forget everything. The leader learns of it soon, and nobody leads for a lease.
func (w *world) flush(t *tenure) {
	w.faults.Flushes++
	w.server.record = ""
	clear(w.server.ledger)
	w.book.Lose("everything is lost")
	if w.wild() || w.happens(0.05) {
		w.setClock()
	}
	w.after(w.between(1, 5*second), t.over)
	w.after(lease, t.die)
	w.succeed(w.between(lease+second, 2*lease))
}

// setClock sets the server's clock. It stays within five minutes.
func (w *world) setClock() {
	w.faults.ClockSteps++
	w.ahead = w.between(-5*minute, 5*minute)
	w.book.Clock(w.serverMillis())
}

// trouble draws what does not come from a leader.
func (w *world) trouble() {
	var lost, set func()
	lost = func() {
		if w.leader != nil && !w.calm() {
			w.faults.LedgerLosses++
			clear(w.server.ledger)
			w.book.Lose("the ledger alone is lost")
		}
		w.after(w.often(3*day), lost)
	}
	set = func() {
		if !w.calm() {
			w.setClock()
		}
		w.after(w.often(2*day), set)
	}
	w.after(w.often(3*day), lost)
	w.after(w.often(2*day), set)
}
