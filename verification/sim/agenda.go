package sim

import (
	"slices"
	"time"
)

// agenda is what the world will do, by time.
type agenda []appointment

type appointment struct {
	at time.Time
	do func()
}

// later has the world do something in d.
func (w *World) later(d time.Duration, do func()) {
	at := time.Now().Add(d)
	i, _ := slices.BinarySearchFunc(w.agenda, at, func(a appointment, t time.Time) int { return a.at.Compare(t) })
	w.agenda = slices.Insert(w.agenda, i, appointment{at, do})
}

// pass lets d pass, and does what comes due.
func (w *World) pass(d time.Duration) {
	end := time.Now().Add(d)
	for len(w.agenda) > 0 && !w.agenda[0].at.After(end) {
		next := w.agenda[0]
		w.agenda = w.agenda[1:]
		w.sleep(time.Until(next.at))
		next.do()
	}
	w.sleep(time.Until(end))
}

// conclude does at once what was still to come.
func (w *World) conclude() {
	for len(w.agenda) > 0 {
		next := w.agenda[0]
		w.agenda = w.agenda[1:]
		w.sleep(time.Microsecond)
		next.do()
	}
	w.sleep(time.Microsecond)
}
