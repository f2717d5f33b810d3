package ledger

import (
	"slices"
	"time"

	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/stepwise"
)

// asker is somebody beside the leaders: it asks for runs, for pauses, and for their ends.
type asker struct {
	*tenure // of term 0, which never leads

	holder  register.Holder
	jobs    []string
	waiting *stepwise.Request // asked for as soon as a leader has written something
}

func newAsker(w *world) asker {
	p := &process{w: w, n: len(w.procs), booted: w.now, rate: 1}
	p.line = register.NewLine(client{w.server}, p)
	a := asker{tenure: &tenure{w: w, p: p}, holder: register.Holder{Place: register.Place{Key: key}}}
	for _, v := range w.versions {
		for _, j := range v.jobs {
			if !slices.Contains(a.jobs, j.Name) {
				a.jobs = append(a.jobs, j.Name)
			}
		}
	}
	return a
}

// askNowAndThen asks until two days before the end, half of the times upon a write of the
// leader, whose answer may be lost then. In the calm all pauses end.
func (w *world) askNowAndThen() {
	var next func()
	next = func() {
		if w.now > w.end-calm-2*day {
			w.asker.waiting = nil
			return
		}
		if r := w.request(); w.happens(0.5) {
			w.asker.waiting = &r
		} else {
			w.ask(r, 3)
		}
		w.after(w.often(12*hour), next)
	}
	w.after(w.often(12*hour), next)
	for _, job := range w.asker.jobs {
		for n := range int64(3) {
			w.agenda.put(w.end-calm+(n+1)*10*minute, func() { w.ask(stepwise.Request{Job: job}, 3) })
		}
	}
}

// request draws one.
func (w *world) request() stepwise.Request {
	r := stepwise.Request{Job: w.asker.jobs[w.chance.IntN(len(w.asker.jobs))]}
	switch draw := w.chance.Float64(); {
	case draw < 0.5:
		r.Run = true
	case draw < 0.75:
		r.Pause = true
		if w.happens(0.5) {
			r.Until = time.UnixMilli(w.serverMillis() + w.between(minute, 12*hour)/1000)
		} else {
			w.after(w.between(minute, 2*day), func() { w.ask(stepwise.Request{Job: r.Job}, 3) })
		}
	}
	return r
}

// askUpon asks what waits for a write. It reports whether something did.
func (w *world) askUpon() bool {
	r := w.asker.waiting
	if r == nil {
		return false
	}
	w.asker.waiting = nil
	w.after(0, func() { w.ask(*r, 3) })
	return true
}

// ask reads an entry and changes it, again if somebody else was first.
func (w *world) ask(r stepwise.Request, tries int) {
	call, ok := w.versions[0].schedule.AskFor(w.asker.holder, r, w.server.ledger[r.Job], w.now+w.ahead)
	if !ok {
		return
	}
	switch {
	case r.Run:
		w.faults.Asks++
	case r.Pause:
		w.faults.Pauses++
	default:
		w.faults.Resumes++
	}
	way := w.between(100, 20_000)
	if !w.calm() && w.happens(0.05) {
		w.after(way+w.between(1, tooLate), func() { w.execute(w.asker.tenure, []register.Call{call}) })
	}
	w.after(way, func() {
		answer, _ := w.execute(w.asker.tenure, []register.Call{call})[0].Value.([]any)
		switch {
		case len(answer) == 0:
		case answer[0] == "done" && w.happens(0.9):
			w.notify("ledger " + r.Job + " " + w.server.ledger[r.Job])
		case answer[0] == "other" && tries > 0:
			w.ask(r, tries-1)
		}
	})
}

// notify brings a notification to who leads then.
func (w *world) notify(text string) {
	w.after(w.between(100, 20_000), func() {
		if t := w.leader; t != nil && !t.gone && !t.cut && t.until <= w.now {
			t.term.Hear(text)
			t.step()
		}
	})
}
