package account

import "slices"

// A Write is one that the ledger has accepted.
type Write struct {
	Term          int64 // of who sent it; 0: somebody who asks
	Record        string
	Job           string
	Before, After string
	Server        int64 // milliseconds
	Line          string
}

// Wrote judges a write.
func (b *Book) Wrote(w Write) {
	b.peak = max(b.peak, w.Server)
	b.note("%d: term %d writes %s: %s, line %q", w.Server, w.Term, w.Job, w.After, w.Line)
	if w.Term != 0 && !InOffice(w.Record, w.Term) {
		b.breaks(Stale, "term %d, while the record is %q", w.Term, w.Record)
	}
	p := b.page(w.Job)
	after, ok := readEntry(w.Job, w.After)
	if !ok {
		b.breaks(Unaccounted, "%s is removed", w.Job)
		return
	}
	before, _ := readEntry(w.Job, w.Before)
	if after.cursor < before.cursor {
		b.breaks(Past, "%s: the cursor goes back from %d to %d", w.Job, before.cursor, after.cursor)
	}
	if p.known && w.Term != 0 {
		p.take(b, w.Server)
	}
	line, has := readLine(w.Job, w.Line)
	switch {
	case !has && w.Before == "":
		b.restored(p, after)
	case w.Term != 0: // what somebody asks for decides nothing
		p.note(before)
	}
	b.asked(p, w, before, after)
	switch {
	case has:
		b.readLine(p, w, after, line)
	case w.Term != 0 && p.cal != after.cal:
		b.breaks(Past, "%s: another calendar without a line", w.Job)
	case w.Before != "" && after.cursor > before.cursor && after.run == before.run:
		b.goesAhead(p, after)
	}
	p.cal = after.cal
	b.judgeRun(p, w, after)
}

// note keeps what was known before a write.
func (p *page) note(is entry) {
	p.before = &earlier{is, slices.Clone(p.pending), nil, p.last}
	if p.open != nil {
		open := *p.open
		p.before.open = &open
	}
}

// restored books that the ledger alone was lost, and is written again as the leader knows it. If
// it has not heard of its last write, that is undone.
func (b *Book) restored(p *page, after entry) {
	b.Counts.Restored++
	p.known = true
	if was := p.before; was != nil && was.is.decided() == after.decided() {
		p.pending, p.open, p.last = was.pending, was.open, was.last
	}
}

// goesAhead books that who leads knows a later state than the ledger, which was begun anew under
// a clock that was set back.
func (b *Book) goesAhead(p *page, after entry) {
	if p.excused == 0 {
		b.breaks(Past, "%s: the cursor goes ahead to %d without a line", after.run.job, after.cursor)
	}
	for len(p.pending) > 0 && p.pending[0] <= after.cursor {
		p.pending = p.pending[1:]
		b.Counts.Unknown++
	}
	p.taken = max(p.taken, after.cursor)
}

// take makes what has become due pending.
func (p *page) take(b *Book, until int64) {
	if p.job.Due == nil || until <= p.taken {
		return
	}
	due := p.job.Due.Between(p.taken, until)
	p.pending = append(p.pending, due...)
	p.taken = until
	b.Counts.Due += len(due)
}

// readLine books what a line says.
func (b *Book) readLine(p *page, w Write, after entry, l line) {
	switch l.outcome {
	case "missed":
		b.heard(p, after, l)
		b.dropped(p, w, l)
	case "paused":
		b.heard(p, after, l)
		if is := p.stood; !is.paused || is.until == 0 || l.run.at() > is.until || is.until > w.Server {
			b.breaks(Policy, "%s: dropped up to %s, and the pause is %+v", w.Job, l.run.due, is)
		}
		b.Counts.Paused += b.drop(p, l)
	case "changed", "began":
		b.anew(p, w, after, l)
	case "done":
		b.closes(p, l, &b.Counts.Done, false)
	case "failed":
		b.closes(p, l, &b.Counts.Failed, after.state == "W")
	case "interrupted":
		b.closes(p, l, &b.Counts.Interrupted, true)
	case "abandoned":
		b.closes(p, l, &b.Counts.Abandoned, false)
	default:
		b.breaks(Unaccounted, "%s: unknown outcome %q", w.Job, l.outcome)
	}
}

// anew books that a calendar is in force from the present on.
func (b *Book) anew(p *page, w Write, after entry, l line) {
	if l.outcome == "changed" {
		b.Counts.OtherVersion += len(p.pending)
	} else {
		if p.known {
			b.breaks(Unaccounted, "%s begins anew, and nothing was lost", w.Job)
		}
		b.Counts.Unknown += len(p.pending)
		if p.open != nil && !p.open.ended {
			b.Counts.NeverHeard++
		}
		p.open = nil
		if after.cursor < b.peak {
			p.excused = b.peak
		}
	}
	t := b.terms[w.Term]
	if t == nil {
		return
	}
	if after.cursor < t.low {
		b.breaks(Past, "%s: %s, but from %d on, before the term began", w.Job, l.outcome, after.cursor)
	}
	p.job, p.known, p.pending, p.taken = t.jobs[w.Job], true, nil, after.cursor
}

// heard takes off what is pending what who leads has heard of before a loss of memory: a line
// counts the others alone.
func (b *Book) heard(p *page, after entry, l line) {
	if p.unstarted(l) {
		return
	}
	told := l.n
	if after.state == "R" && after.run.at() == l.run.at() {
		told++ // the newest one is claimed with it
	}
	reached := 0
	for reached < len(p.pending) && p.pending[reached] <= l.run.at() {
		reached++
	}
	for ; reached > told && p.pending[0] <= p.excused; reached-- {
		b.Counts.Unknown++
		p.pending = p.pending[1:]
	}
}

// dropped books due times that nobody will start, and judges whether the job says so.
func (b *Book) dropped(p *page, w Write, l line) {
	if p.unstarted(l) {
		b.Counts.Missed++
		p.open = nil
		return
	}
	for i, due := range p.pending[:min(l.n, len(p.pending))] {
		late := p.job.Late > 0 && b.peak-due > p.job.Late
		newer := len(p.job.Due.Between(due, max(p.taken, b.peak)))
		if !late && newer < p.job.CatchUp {
			b.breaks(Policy, "%s: %d was dropped, the %dth of %d", w.Job, due, i+1, l.n)
		}
	}
	b.Counts.Missed += b.drop(p, l)
}

// unstarted reports whether the line is about a claim whose run never began.
func (p *page) unstarted(l line) bool {
	return p.open != nil && !p.open.started && p.open.run.at() == l.run.at() && p.open.run.attempt == 0
}

// drop takes the oldest off what is pending.
func (b *Book) drop(p *page, l line) int {
	n := min(l.n, len(p.pending))
	if n < l.n || n > 0 && p.pending[n-1] > l.run.at() {
		b.breaks(Unaccounted, "%s: a line about %d up to %s, but pending are %v", l.run.job, l.n, l.run.due, p.pending)
	}
	p.pending = p.pending[n:]
	return n
}

// closes books how a run ended.
func (b *Book) closes(p *page, l line, count *int, owed bool) {
	*count++
	if p.open == nil || p.open.run.due != l.run.due || p.open.run.attempt != l.run.attempt || p.open.run.term != l.run.term {
		b.breaks(Unaccounted, "%s: a line %q about %+v, but open is %+v", l.run.job, l.outcome, l.run, p.open)
	}
	switch {
	case owed && p.open != nil:
		p.open.ended = true
	default:
		p.last, p.open = l.run, nil
	}
}

// judgeRun judges what an entry says of the last run.
func (b *Book) judgeRun(p *page, w Write, after entry) {
	switch {
	case after.state == "R" && (p.open == nil || p.open.run != after.run):
		b.claimed(p, w, after)
	case after.state == "W" && p.open != nil && !p.open.ended && after.run.attempt == p.open.run.attempt-1:
		if p.open.started { // else the term had ended before it began
			b.breaks(Unaccounted, "%s: a run that began counts as none: %+v", w.Job, p.open.run)
		}
		p.open.run, p.open.ended = after.run, true
	case after.state == "-" && p.open != nil:
		b.breaks(Unaccounted, "%s: nothing is said of %+v", w.Job, p.open.run)
		p.open = nil
	}
}

// claimed judges a claim.
func (b *Book) claimed(p *page, w Write, after entry) {
	r, before := after.run, p.open
	p.open = &claim{run: r}
	reached := w.Server
	if before != nil && before.run.due == r.due || p.last.due == r.due {
		reached = b.peak // another attempt: the clock may have been set back since the first
	}
	if reached < r.at() {
		b.breaks(Early, "%+v at %d", r, w.Server)
	}
	if late := w.Server - r.at(); p.job.Late > 0 && late > p.job.Late+b.slack && (!r.asked() || r.attempt > 1) {
		b.breaks(Policy, "%+v is started %d ms after it was due", r, late)
	}
	switch {
	case r.term != w.Term:
		b.breaks(Unclaimed, "term %d claims for another: %+v", w.Term, r)
	case before != nil && before.run.due == r.due && before.run.attempt+1 == r.attempt:
	case r.attempt != 1:
		if p.last.due != r.due || p.last.attempt+1 != r.attempt {
			b.breaks(Unaccounted, "%+v follows %+v", r, p.last)
		}
	case r.asked():
		if p.stood.ask != r.due {
			b.breaks(Unclaimed, "%+v: nobody has asked for it, but for %q", r, p.stood.ask)
		}
	default:
		if p.stood.paused && (p.stood.until == 0 || p.stood.until > w.Server) {
			b.breaks(Policy, "%+v is started in a pause until %d", r, p.stood.until)
		}
		b.pops(p, r)
	}
}

// pops takes the due time of a claim off what is pending.
func (b *Book) pops(p *page, r run) {
	for len(p.pending) > 0 && p.pending[0] < r.at() {
		if p.pending[0] <= p.excused { // who leads has heard that it was decided, before the loss
			b.Counts.Unknown++
		} else {
			b.breaks(Unaccounted, "%s: %d was skipped for %d", r.job, p.pending[0], r.at())
		}
		p.pending = p.pending[1:]
	}
	if len(p.pending) == 0 || p.pending[0] != r.at() {
		b.breaks(Unaccounted, "%+v is not pending: it is no due time, or ended before", r)
		return
	}
	p.pending = p.pending[1:]
}
