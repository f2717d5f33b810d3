package sim

import (
	"time"
)

// processFaults happen to one process.
func processFaults() []fault {
	return []fault{
		{kind: "short stall", weight: 3, begin: once("", func(w *World, p *process, _ time.Duration) {
			p.clock.stall(w.spread(time.Millisecond, p.settings.lease/50))
		})},
		{kind: "long stall", weight: 3, begin: once("", func(_ *World, p *process, d time.Duration) { p.clock.stall(d) })},
		{kind: "stale stall", weight: 3, begin: once("", staleStall)},
		{kind: "suspend", weight: 2, begin: once("", func(_ *World, p *process, d time.Duration) { p.clock.suspend(d, false) })},
		{kind: "freeze", weight: 1, begin: once("", func(_ *World, p *process, d time.Duration) { p.clock.suspend(d, true) })},
		{kind: "wall clock forward", weight: 2, begin: once("", setWall(+1))},
		{kind: "wall clock back", weight: 2, begin: once("", setWall(-1))},
		{kind: "crash", weight: 2, begin: once("", func(_ *World, p *process, _ time.Duration) { p.crash() })},
		{kind: "deploy", weight: 1, begin: once("deploy", deploy)},
		{kind: "reconfigure", weight: 1, begin: once("reconfigure", reconfigure)},
	}
}

// once happens to one process, and ends by itself. The kind is empty if the
// history tells of it in words of its own.
func once(kind string, do func(w *World, p *process, d time.Duration)) func(*World, time.Duration) func() {
	return func(w *World, d time.Duration) func() {
		p := w.anyone()
		if l := w.leader(); l != nil && w.oneIn(2) {
			p = l
		}
		if p == nil {
			return nil
		}
		if kind != "" {
			w.fault(kind)
		}
		do(w, p, d)
		return nil
	}
}

// staleStall holds a process up right after one of its next looks at the clock.
func staleStall(w *World, p *process, d time.Duration) {
	p.clock.light(&fuse{
		from:  time.Now().Add(w.spread(time.Millisecond, p.settings.lease)),
		place: w.Uint64N(places),
		burns: d,
	})
}

// setWall steps the wall clock by seconds or by hours.
func setWall(sign time.Duration) func(*World, *process, time.Duration) {
	return func(w *World, p *process, d time.Duration) {
		if w.oneIn(4) {
			d = w.spread(time.Minute, 10*time.Hour)
		}
		p.clock.setWall(sign * d) //nolint:durationcheck // sign is 1 or -1
	}
}

// deploy stops a process in order and starts another in its place, perhaps with
// another lease.
func deploy(w *World, p *process, _ time.Duration) {
	w.bury(p)
	p.cancel()
	w.replace(p, w.spread(time.Millisecond, w.profile.leases[0]))
}

// reconfigure has a process use other settings from its next call of Lead on.
func reconfigure(w *World, p *process, _ time.Duration) {
	if p.settings.observes {
		return
	}
	s := w.profile.settings(w.chance)
	s.rate = p.settings.rate
	p.settings = s
	p.mu.Lock()
	p.next = &s
	p.mu.Unlock()
}
