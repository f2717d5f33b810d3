package trace

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"example.com/incumbent/verification/model"
	"example.com/incumbent/verification/sim/check"
)

// A Refusal is an entry that the model has no step for.
type Refusal struct {
	Place int // of the entry in the history, from 1
	Entry check.Entry
	Why   string
}

func (r *Refusal) String() string {
	return fmt.Sprintf("entry %d is no step of the model:\n%v\n%s", r.Place, r.Entry, r.Why)
}

// Story is what led to it: the last entries of that process and of the register, daily work
// left out.
func (r *Refusal) Story(history []check.Entry) string {
	const lines = 40
	var story []string
	for _, e := range slices.Backward(history[:r.Place]) {
		switch e.Event.(type) {
		case check.Stepped, check.Fenced, check.Believed, check.Pushed:
			continue
		}
		if e.Proc == r.Entry.Proc || e.Proc == 0 {
			story = append(story, e.String())
		}
		if len(story) == lines {
			break
		}
	}
	slices.Reverse(story)
	return strings.Join(story, "\n")
}

// A Result is what became of a history.
type Result struct {
	Steps   int // entries that the model explains
	Excused int // works that ran on, since an assumption was broken
	Refused *Refusal
}

// Follow has the model follow a history, until it has no step for an entry. Heard says
// that the history shows when notifications reach processes; else they may do so when they
// are published.
func Follow(history []check.Entry, heard bool) Result {
	w := &world{names: newNames(history), register: newRegister(), processes: map[int]*process{}, heard: heard}
	for i, e := range history {
		w.now, w.before = e.At, history[:i]
		mapped, err := w.step(e)
		if err != nil {
			w.result.Refused = &Refusal{i + 1, e, err.Error()}
			break
		}
		if mapped {
			w.result.Steps++
		}
	}
	return w.result
}

// world is a run as far as it was followed.
type world struct {
	*names
	register  *register
	processes map[int]*process
	heard     bool
	now       time.Duration
	before    []check.Entry // what was followed already
	result    Result
}

var errUnknown = errors.New("nothing is known of this process")

// step maps an entry. It reports whether the model has something to say about it.
func (w *world) step(e check.Entry) (mapped bool, err error) {
	if e.Proc == 0 {
		return w.serverStep(e.Event)
	}
	if s, ok := e.Event.(check.Started); ok {
		p := w.newProcess(e.Proc, s)
		w.processes[e.Proc] = p
		return true, p.settings.Fits(drift)
	}
	p := w.processes[e.Proc]
	switch {
	case p == nil:
		return false, errUnknown
	case p.gone:
		return false, nil // a notification that was on its way
	}
	p.At(p.clock.moment(w.now), w.register.term())
	for _, step := range []func(*process, check.Event) (bool, error){w.clientStep, w.workStep, w.lifeStep} {
		if mapped, err := step(p, e.Event); mapped || err != nil {
			return mapped, err
		}
	}
	return false, nil
}

// serverStep maps what happens to the register.
func (w *world) serverStep(ev check.Event) (bool, error) {
	r := w.register
	switch ev := ev.(type) {
	case check.Wrote:
		sent := ev.Now
		if r.Holds() == model.NoRecord() {
			sent = sent.Sent() // the server's stamp is new
		}
		if err := r.Wrote(w.record(sent), w.record(ev.Now), r.unordered); err != nil {
			return true, err
		}
		r.changed(w.now)
		return true, w.published(ev.Now)
	case check.Forgot:
		r.Forgets()
		r.changed(w.now)
		return true, nil
	case check.Put: // assumption A1 is broken, or somebody writes behind everybody's back
		r.GoesBack(w.record(ev.Now))
		w.comesBack(ev.Now)
		r.unordered = true
		r.changed(w.now)
		return true, nil
	case check.Fault:
		r.unordered = r.unordered || ev.Kind == "server clock"
	}
	return false, nil
}

// published has everybody hear a record at once, where the history does not show it.
func (w *world) published(s check.State) error {
	if w.heard {
		return nil
	}
	for _, p := range w.processes {
		if p.candidate && !p.gone {
			p.At(p.clock.moment(w.now), w.register.term())
			if err := p.Hears(w.record(s), w.attempt(p)); err != nil {
				return err
			}
		}
	}
	return nil
}

// comesBack tells each process when it first received what the register holds again.
func (w *world) comesBack(s check.State) {
	for _, e := range w.before {
		p := w.processes[e.Proc]
		if p == nil {
			continue
		}
		var got check.State
		switch ev := e.Event.(type) {
		case check.Answered:
			got = ev.Got
		case check.Looked:
			got = ev.Got
		case check.Heard:
			got = ev.Now
		}
		if got.Present && got == s {
			p.ComesBack(w.record(s), p.clock.moment(e.At))
		}
	}
}

// clientStep maps what a process sends, is answered and hears.
func (w *world) clientStep(p *process, ev check.Event) (bool, error) {
	switch ev := ev.(type) {
	case check.Sent:
		return true, w.sent(p, ev)
	case check.Answered:
		return true, w.answered(p, ev.Got, ev.Sent)
	case check.Looked:
		return true, w.answered(p, ev.Got, check.Sent{})
	case check.Heard:
		if !p.candidate {
			return false, nil
		}
		return true, p.Hears(w.record(ev.Now), w.attempt(p))
	}
	return false, nil
}

func (w *world) sent(p *process, ev check.Sent) error {
	isNew := w.names.sent(p.n, ev.Next)
	expect, next := w.record(ev.Expect), w.record(ev.Next)
	if w.register.again(p.n, expect, next, w.now) {
		return nil // a packet may arrive repeatedly, so it does not matter how often it is sent
	}
	if w.clears(p, ev, isNew) {
		return nil
	}
	if ran := p.clock.ranUntil(w.now); ran < w.now { // it was decided before the process was held up
		p.At(p.clock.moment(w.now), w.register.termAt(ran))
	}
	return p.Sends(expect, next, isNew)
}

// clears reports whether somebody who was asked to pause or to resume makes vacant what a
// leader left that died while it drained. That is a takeover which is withdrawn at once; the
// record must have been there for its lease.
func (w *world) clears(p *process, ev check.Sent, isNew bool) bool {
	was, next := ev.Expect, ev.Next
	dies := was.Status == check.Draining && next.Status == check.Vacant && isNew
	kept := next.Term == was.Term && next.Beat == was.Beat+1 && next.Lease == was.Lease && paused(next) == paused(was)
	since, held := w.register.since(w.record(was))
	return dies && kept && held && p.clock.moment(w.now).Mono-p.clock.moment(since).Mono >= was.Lease
}

// answered maps an answer. It shows what the register held since the request left: of a
// look that is not known, but an attempt ends it.
func (w *world) answered(p *process, got check.State, request check.Sent) error {
	shows, from := w.record(got), w.now-w.attempt(p)
	of, floor := model.Record{}, int64(0)
	if request.Next.Present {
		of = w.record(request.Next)
		from = w.register.first[of]
		if request.Expect.SameOwner(request.Next) {
			floor = request.Expect.Beat
		}
	}
	then, ok := w.register.held(shows, from)
	if !ok {
		return errors.New("the register did not hold that since the request left")
	}
	if !p.candidate {
		return nil
	}
	p.At(p.clock.moment(w.now), min(then.last, w.register.term()))
	p.shown = max(p.shown, w.lease(got.Lease))
	return p.Answered(shows, of, floor)
}

// attempt is the longest time that an answer may take to be taken in, as of now.
func (w *world) attempt(p *process) time.Duration {
	return p.clock.waited(w.now, 2*p.settings.Attempt)
}
