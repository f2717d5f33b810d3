package sim

import "time"

// drill ends a leadership in one of the ways that have nothing to do with faults,
// or with the one fault that a handover is made for.
func (w *World) drill() {
	p := w.leader()
	if p == nil {
		return
	}
	switch w.IntN(8) {
	case 0:
		p.crash()
	case 1:
		p.recallNow()
	case 2:
		w.candidate().stepDown()
	case 3:
		w.rotate()
	case 4, 5:
		w.crashHeir(p)
	case 6:
		w.forgetHeirs(p)
	}
}

// rotate ends the next leadership, too, while who led before stands back.
func (w *World) rotate() {
	w.candidate().stepDown()
	w.pass(time.Second)
	if next := w.leader(); next != nil {
		next.dismiss(w.longest())
	}
}

// crashHeir has the first who tries to follow crash before it can.
func (w *World) crashHeir(p *process) {
	w.set(&trap{operation: "grant", kind: "drill: heir crashes", fate: func(p *process) fate {
		return fate{drop: true, atOnce: p.crash}
	}})
	p.dismiss(w.longest())
}

// forgetHeirs has all go of whom the leader knows that they wait, and then the
// leader: what is left is one who has not been heard of.
func (w *World) forgetHeirs(p *process) {
	var waiting []*process
	for _, o := range w.living {
		if o != p && !o.settings.observes && !o.settings.once {
			waiting = append(waiting, o)
		}
	}
	if len(waiting) < 2 {
		return
	}
	w.fault("drill: heirs leave")
	publishErr := pick(w.chance, waiting...)
	publishErr.mute.Store(true)
	w.pass(w.longest() * 3 / 2)
	for _, o := range waiting {
		if o != publishErr {
			o.dismiss(w.longest())
		}
	}
	w.pass(time.Second)
	p.dismiss(w.longest())
	w.pass(time.Second)
	publishErr.mute.Store(false)
}

// dismiss ends the call of Lead that is under way; the next comes after a while.
func (p *process) dismiss(d time.Duration) {
	p.leave(d)
	p.recallNow()
}
