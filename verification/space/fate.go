package space

import "time"

// fate is what becomes of one request.
type fate struct {
	forth, back time.Duration // how long it and its answer take
	again       time.Duration // when a copy is executed; 0: never
	lost        bool          // it never arrives
	mute        bool          // its answer does not
	reset       bool          // the sender learns at once that something is wrong
	late        bool
}

// weather is what is wrong with the network of a process. The zero weather is fine.
type weather struct {
	loss float64 // of requests, and of answers
	mute float64 // of answers alone
	late float64
	copy float64
	slow time.Duration
}

// fair is the weather between storms: something is always wrong.
var fair = weather{loss: 0.01, late: 0.01, copy: 0.02, slow: time.Millisecond}

// calm has no faults.
var calm = weather{slow: time.Millisecond}

// fate draws what becomes of a request of the process. Of a process that has died nothing is
// sent any more.
func (p *process) fate() fate {
	w, at := p.w, p.weather()
	f := fate{forth: w.up(at.slow), back: w.up(at.slow)}
	if p.dead() {
		f.lost = true
		return f
	}
	f.lost = w.happens(at.loss)
	f.mute = w.happens(max(at.loss, at.mute))
	f.reset = (f.lost || f.mute) && w.happens(0.3)
	if w.happens(at.late) {
		f.late = true
		f.forth = w.up(lateLeases * lease)
	}
	if w.happens(at.copy) {
		f.again = w.up(lateLeases * lease)
	}
	return f
}

// count adds up fates.
func (w *world) count(f fate) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults.Requests++
	for _, of := range []struct {
		is bool
		to *int
	}{{f.lost, &w.faults.RequestsLost}, {f.mute, &w.faults.AnswersLost}, {f.late, &w.faults.Late}, {f.again > 0, &w.faults.Copies}} {
		if of.is {
			*of.to++
		}
	}
}
