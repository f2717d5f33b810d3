package sim

import (
	"strings"
	"time"

	"example.com/incumbent/verification/sim/check"
)

// pauses are wishes to hold the election back.
func pauses() []fault {
	return []fault{
		{kind: "pause", weight: 4, begin: pauseUntilResume},
		{kind: "pause until", weight: 4, begin: pauseUntil},
		{kind: "resume", weight: 2, begin: func(w *World, _ time.Duration) func() { return w.wish("resume", (*process).resume) }},
		{kind: "two pauses", weight: 2, begin: twoPauses},
	}
}

// wish has somebody ask for something.
func (w *World) wish(kind string, do func(p *process)) (end func()) {
	if p := w.anyone(); p != nil {
		w.fault(kind)
		do(p)
	}
	return nil
}

// pauseUntilResume pauses without an end, and resumes later, if that gets through.
func pauseUntilResume(w *World, _ time.Duration) func() {
	w.wish("pause", func(p *process) { p.pause(time.Time{}) })
	return func() {
		if p := w.anyone(); p != nil {
			p.resume()
		}
	}
}

// pauseUntil pauses for a time: a moment, or some leases.
func pauseUntil(w *World, d time.Duration) func() {
	until := time.Now().Add(w.spread(d/10+time.Millisecond, 4*d+time.Millisecond))
	return w.wish("pause until", func(p *process) { p.pause(until) })
}

// twoPauses has two ask at once, one of them perhaps for the end of a pause.
func twoPauses(w *World, d time.Duration) func() {
	pauseUntil(w, d)
	if w.oneIn(2) {
		return w.wish("resume", (*process).resume)
	}
	return pauseUntilResume(w, d)
}

// let ends pauses while d passes: in a calm somebody must work. A candidate may bring back
// one that it saw before Redis lost its memory.
func (w *World) let(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
		w.unpause()
		w.pass(min(time.Until(end), w.profile.leases[0]/3))
	}
}

// settled waits until nobody asks for a pause any more, and none stands.
func (w *World) settled() {
	for range 1000 {
		if w.steering.Load() == 0 && !w.unpause() {
			return
		}
		w.sleep(time.Second)
	}
	w.history.Complain(check.Pause, "the election stays paused, whoever resumes it")
}

// unpause asks somebody to resume if the record is paused.
func (w *World) unpause() (was bool) {
	bytes, _ := w.store.contents()
	if was = strings.Contains(bytes, " p="); was {
		if p := w.anyone(); p != nil && w.steering.Load() == 0 {
			p.resumeWithin(3 * w.longest()) // a leader may have died while it drained
		}
	}
	return was
}
