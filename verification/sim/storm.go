package sim

import (
	"math"
	"slices"
	"time"

	"example.com/incumbent/verification/sim/check"
)

// live lets storms and calms follow each other for as long as the run lasts.
func (w *World) live(span time.Duration) {
	for range w.profile.size {
		w.spawn(w.newID(), w.profile.settings(w.chance))
		w.pass(w.between(0, w.profile.leases[0]/4))
	}
	if w.profile.watched {
		s := w.profile.settings(w.chance)
		s.observes = true
		w.spawn("", s)
	}
	end := w.start.Add(span)
	for time.Now().Before(end) && !w.history.Failed() {
		w.storm()
		w.lull()
	}
}

// newID names a process; twins all have one name.
func (w *World) newID() string {
	if w.profile.twins {
		return "twin"
	}
	return ""
}

// storm lets faults come for a while.
func (w *World) storm() {
	w.calm.Store(false)
	w.healing.Store(false)
	w.history.Add(0, check.Storm{})
	faults := w.enabled()
	end := time.Now().Add(w.spread(2*w.profile.leases[0], 20*w.profile.leases[0]))
	for time.Now().Before(end) && !w.history.Failed() {
		w.pass(time.Duration(float64(w.profile.pace) * -math.Log(1-w.Float64())))
		w.reap()
		if len(faults) > 0 {
			pick(w.chance, faults...).strike(w)
		}
	}
	w.conclude()
}

// enabled are the faults of this run, each as often as its weight.
func (w *World) enabled() (faults []fault) {
	for _, f := range catalogue() {
		if w.profile.kinds[f.kind] && (!f.registerOnly || w.onRegister()) {
			for range f.weight {
				faults = append(faults, f)
			}
		}
	}
	return faults
}

// strike has the fault happen to something, for a while.
func (f fault) strike(w *World) {
	lease := w.profile.leases[0]
	d := w.spread(lease/50, 3*lease)
	if end := f.begin(w, d); end != nil {
		w.later(d, func() {
			end()
			w.healed(f.kind)
		})
	}
}

// reap buries who has crashed, and lets somebody come back for him.
func (w *World) reap() {
	for _, p := range slices.Clone(w.living) {
		if p.dead.Load() {
			w.replace(p, w.spread(time.Millisecond, 2*w.profile.leases[0]))
		}
	}
}

// replace buries a process and starts another one after a while.
func (w *World) replace(p *process, after time.Duration) {
	w.bury(p)
	s := w.profile.settings(w.chance)
	s.observes = p.settings.observes
	id := w.newID()
	if w.oneIn(2) {
		id = p.id
		s.rate = p.settings.rate // the same machine
	}
	w.later(after, func() { w.spawn(id, s) })
}

// lull heals everything and lets time pass until somebody must lead; then it
// tries how a leader is followed by the next, with nothing else going wrong.
func (w *World) lull() {
	w.healing.Store(true)
	w.heal()
	w.reap()
	w.conclude()
	for _, p := range w.all { // who is told to stop, too, may have a leadership to end
		p.clock.light(nil)
	}
	w.disarm()
	w.sleep(max(time.Until(w.quiet), 0) + 10*time.Millisecond)
	w.settled()
	w.calm.Store(true)
	w.history.Add(0, check.Calm{})
	bound := check.Bound(w.longest(), true)
	w.let(bound + 2*time.Second)
	for range 1 + w.IntN(3) {
		if w.history.Failed() {
			return
		}
		w.drill()
		w.let(bound + 2*time.Second)
		w.disarm()
		w.reap()
		w.conclude()
	}
}

// heal ends what lasts.
func (w *World) heal() {
	w.store.refuse("")
	w.all = slices.DeleteFunc(w.all, (*process).isGone)
	for _, p := range w.all {
		if p.dead.Load() {
			continue
		}
		for _, r := range p.routes() {
			r.Heal()
		}
		p.settle()
		w.hush(p.clock.Stalled())
	}
}

// longest is the longest lease that anybody may have to wait for.
func (w *World) longest() (d time.Duration) {
	for _, p := range w.all {
		d = max(d, p.settings.lease)
	}
	return d
}
