package schedule

import (
	"errors"
	"strings"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/register"
)

// send sends what waits, or looks if that is due.
func (r *runner) send() {
	calls := r.pack()
	if len(calls) == 0 {
		return
	}
	r.parallel.Go(func() {
		h := r.store.holder
		results, received := h.Line.Send(r.kept, h.Line.Clock.Timer(h.Attempt), calls)
		r.inbox.answer(answer{results, received.Mono})
	})
}

// pack makes the next packet; it is empty if there is nothing to send.
func (r *runner) pack() []register.Call {
	mono := r.store.holder.Line.Clock.Now().Mono
	if r.sending || r.over || mono < r.retryAt {
		return nil
	}
	var calls []register.Call
	switch {
	case !r.loaded && r.stopping:
	case !r.loaded, r.lookAt <= mono && !r.stopping:
		calls = []register.Call{r.store.readCall("")}
		r.lookAt = mono + r.store.holder.Lease // news that comes meanwhile asks for another look
	default:
		n := min(len(r.queue), packetSize)
		r.packet, r.queue = r.queue[:n:n], r.queue[n:]
		for _, t := range r.packet {
			t.sent = true
			calls = append(calls, r.call(t))
		}
	}
	r.sending = len(calls) > 0
	return calls
}

func (r *runner) call(t *task) register.Call {
	var text string
	if t.action.line != nil {
		l := *t.action.line
		l.id = r.store.holder.ID
		text = l.String()
	}
	return r.store.writeCall(t.field, t.expect, t.next, t.action.notBefore, text)
}

// takeIn takes in what has come meanwhile.
func (r *runner) takeIn() {
	ended, answers, notes, subscribed := r.inbox.take()
	for _, a := range answers {
		r.answered(a)
	}
	for _, e := range ended {
		r.runEnded(e)
	}
	if subscribed {
		r.lookAt = 0
	}
	for job, text := range notes {
		if r.isNews(job, text) {
			r.lookAt = 0
		}
	}
}

// isNews reports whether a notification is about a write of somebody else. It is not
// believed: it calls for a look.
func (r *runner) isNews(job, text string) bool {
	known := r.cells[job]
	if s := r.states[job]; text == known.text || s != nil && s.task != nil && s.task.next == text {
		return false
	}
	e, err := parseEntry(text)
	return err != nil || known.entry == nil || e.seq > known.entry.seq
}

// answered takes in what became of a packet.
func (r *runner) answered(a answer) {
	packet := r.packet
	r.packet, r.sending = nil, false
	var trouble error
	if len(packet) == 0 {
		if trouble = r.looked(a); trouble != nil {
			r.lookAt = 0
		}
	}
	var again []*task
	for i, t := range packet {
		switch err := r.wrote(t, a.results[i], a.received); {
		case err == nil || r.over:
		default:
			trouble = err
			again = append(again, t)
		}
	}
	if r.over {
		return
	}
	r.queue = append(again, r.queue...)
	r.retry(trouble)
}

// retry plans when to try again what had no usable answer.
func (r *runner) retry(trouble error) {
	h := r.store.holder
	switch {
	case trouble == nil:
		r.pause, r.retryAt = 0, 0
	case election.Permanent(trouble):
		r.fail(r.store.explain(trouble))
		return
	case errors.Is(trouble, register.ErrNotHeld) && r.stopping: // it will not be held again
		r.giveUp()
		return
	default:
		r.pause = min(max(2*r.pause, minPause), max(h.Attempt, minPause))
		r.retryAt = h.Line.Clock.Now().Mono + r.pause
	}
	if !errors.Is(trouble, register.ErrNotHeld) { // which the term says itself
		r.reportTrouble(trouble)
	}
}

// looked takes in all entries.
func (r *runner) looked(a answer) error {
	server, entries, err := readEntries(a.results[0])
	if err != nil {
		return r.store.explain(err)
	}
	r.clock.set(server, a.received)
	if skew := r.clock.skew(); skew > maxSkew {
		return r.unfit(skew)
	}
	first := !r.loaded
	r.loaded = true
	for name, text := range entries {
		if r.states[name] == nil && r.heirs[name] == nil {
			r.add(&state{name: name})
		}
		r.see(name, read(text))
	}
	for name := range r.cells {
		if _, ok := entries[name]; !ok {
			r.see(name, cell{})
		}
	}
	if first {
		for _, s := range r.order {
			s.wake = 0
			r.warnAhead(s)
		}
	}
	return nil
}

// warnAhead says that nothing of a job runs for a while.
func (r *runner) warnAhead(s *state) {
	e, err := r.entry(s.name)
	if err != nil || e == nil || s.job == nil {
		return
	}
	cursor := e.cursor
	if heard := r.past.heard(s.name); heard != nil {
		cursor = max(cursor, heard.cursor)
	}
	for _, ev := range ahead(cursor, r.clock.now()) {
		ev.Item = s.name
		r.report(ev)
	}
}

// wrote takes in the answer to a write. An error leaves open whether it was executed.
func (r *runner) wrote(t *task, result register.Result, received time.Duration) error {
	w, err := readWritten(result)
	if err != nil {
		return r.store.explain(err)
	}
	r.clock.set(w.server, received)
	s := t.state
	s.task, s.wake = nil, 0
	switch w.code {
	case "done":
		r.done(t, w)
	case "early":
		r.see(t.field, read(w.is))
		s.wake = t.action.notBefore
	case "full":
		r.see(t.field, read(w.is))
		s.wake = r.clock.now() + time.Minute.Milliseconds()
		r.breaks(s, errFull)
	default:
		is := read(w.is)
		r.see(t.field, is)
		if t.claimed(is.entry) {
			r.took(t)
		}
	}
	return nil
}

// claimed reports whether an entry shows that the claim of a task was executed: its answer was
// lost, and then somebody asked for something. Nobody but this task writes that run.
func (t *task) claimed(is *entry) bool {
	return t.action.start && is != nil && is.state == running && is.run == t.action.entry.run
}

var errFull = errors.New("schedule: the ledger has 1,000 jobs: remove old ones with Ledger.Forget, or use a second election")

// done takes in that a write stands in the ledger.
func (r *runner) done(t *task, w written) {
	s := t.state
	if t.next == "" {
		r.past.forget(t.field)
		delete(r.here, t.field)
	}
	r.see(t.field, cell{text: t.next, entry: t.action.entry})
	if w.lost != "" && !r.lineLost {
		r.lineLost = true
		r.report(election.Event{Kind: election.KindForeignRecord, Item: s.name, Err: errors.New("history not kept in " + r.store.history(s.name) + ": " + strings.TrimSpace(w.lost))})
	}
	r.took(t)
}

// took does what follows a write that was executed.
func (r *runner) took(t *task) {
	s := t.state
	for _, ev := range t.action.events {
		ev.Item = s.name
		r.report(ev)
	}
	if t.action.forget {
		s.settle()
	}
	if t.action.start {
		r.start(s, t.action.entry)
	}
}
