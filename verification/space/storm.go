package space

import (
	"fmt"
	"time"

	"example.com/incumbent/verification/space/account"
)

// storm lets faults happen until there shall be calm.
func (w *world) storm(until time.Time) {
	for {
		time.Sleep(w.often(lease / 2))
		if !time.Now().Before(until) {
			return
		}
		w.strike()
	}
}

// strike draws a fault.
func (w *world) strike() {
	at := w.pick(processes)
	p := w.at(at)
	switch draw := w.pick(100); {
	case draw < 30:
		w.change(func(f *Faults) { f.Storms++ })
		w.rain(at)
	case draw < 46:
		w.change(func(f *Faults) { f.Deaf++ })
		p.line.Cut()
		time.AfterFunc(w.up(2*lease), p.listen)
	case draw < 70:
		w.change(func(f *Faults) { f.Crashes++ })
		w.crash(at)
	case draw < 76:
		if w.of.stalls() {
			w.stall(p)
		}
	case draw < 84:
		w.change(func(f *Faults) { f.Flushes++ })
		w.server.lose(true)
	case draw < 90:
		w.change(func(f *Faults) { f.Deletions++ })
		w.server.lose(false)
	}
}

// stall has a process stand still for up to two leases.
func (w *world) stall(p *process) {
	w.change(func(f *Faults) { f.Stalls++ })
	d := w.up(2 * lease)
	w.book.Stand(p.n, d)
	p.clock.Stall(d)
}

// listen heals the way of notifications, unless the process has died.
func (p *process) listen() {
	if !p.dead() {
		p.line.Heal()
	}
}

// rain makes the network of one process bad, or of all, up to losing everything.
func (w *world) rain(at int) {
	sky := weather{
		loss: []float64{0.05, 0.3, 0.7, 1}[w.pick(4)], late: []float64{0, 0.1, 0.5}[w.pick(3)], copy: []float64{0, 0.1, 0.5}[w.pick(3)],
		slow: []time.Duration{time.Millisecond, 50 * time.Millisecond, 300 * time.Millisecond}[w.pick(3)],
	}
	all := w.happens(0.2)
	under := []*process{w.at(at)}
	if all {
		under = w.all()
	}
	for _, p := range under {
		p.set(sky)
	}
	time.AfterFunc(w.up(3*lease), func() {
		for _, p := range under {
			p.set(w.now())
		}
	})
}

// aim loses the answers of a process for most of a lease, lets one through, and loses everything:
// beats are executed long before they are confirmed, and nobody says that the session is gone.
func (w *world) aim(p *process) {
	w.change(func(f *Faults) { f.Aimed++ })
	p.set(weather{mute: 1, slow: time.Millisecond})
	first := w.up(lease * 7 / 10)
	time.AfterFunc(first, func() { p.set(weather{slow: time.Millisecond}) })
	time.AfterFunc(first+w.up(lease/5), func() { p.set(weather{loss: 1, slow: time.Millisecond}) })
	time.AfterFunc(first+2*lease, func() { p.set(w.now()) })
}

// now is the weather without a storm.
func (w *world) now() weather {
	if w.isCalm() {
		return calm
	}
	return fair
}

// all are the processes that live.
func (w *world) all() []*process {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]*process(nil), w.procs...)
}

// quiet ends all faults, and waits until what is late has arrived.
func (w *world) quiet() {
	w.mu.Lock()
	w.calm = true
	w.mu.Unlock()
	for _, p := range w.all() {
		p.set(calm)
		p.line.Heal()
	}
	time.Sleep(lateLeases*lease + time.Second)
	w.mu.Lock()
	w.healed = time.Now()
	clear(w.waits)
	for i := range hot {
		w.waits[fmt.Sprint("hot", i)] = w.healed
	}
	w.waits["pair"] = w.healed
	w.mu.Unlock()
}

// isHealed says whether something began after all faults were over, and some time to recover.
func (w *world) isHealed(begun time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.healed.IsZero() && begun.After(w.healed.Add(bound))
}

// bound is for how long a name may be stuck after all faults: a lease for a ghost and one for
// a quarantine, by the slowest clocks, beats, a back-off, and the works of who is before.
const bound = 2*lease*108/100 + 2*time.Second

// got notes that somebody has a lock.
func (w *world) got(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if since, is := w.waits[name]; is && !w.healed.IsZero() {
		w.oldest = max(w.oldest, time.Since(since))
		delete(w.waits, name)
	}
}

// stuck complains of names that nobody has got since all faults ended.
func (w *world) stuck() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for name := range w.waits {
		w.book.Break(account.StuckName, "%s: nobody has got it for %v", name, time.Since(w.healed))
	}
}
