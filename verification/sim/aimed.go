package sim

import (
	"time"

	"example.com/incumbent/internal/link"
)

// aimedFaults hit one request of a certain operation: chance alone meets those
// instants too seldom.
func aimedFaults() []fault {
	return []fault{
		aimed("aimed: answer lost", 2, func(*World, *process, time.Duration) fate { return fate{lose: true} }),
		aimed("aimed: answer swallowed", 2, func(*World, *process, time.Duration) fate { return fate{lose: true, silent: true} }),
		aimed("aimed: answers swallowed", 2, func(w *World, p *process, d time.Duration) fate {
			return fate{before: w.swallowing(p, d, link.ToClient)}
		}),
		aimed("aimed: last answer", 3, func(w *World, p *process, d time.Duration) fate {
			return fate{hold: min(d, p.settings.lease/3), after: w.swallowing(p, d+p.settings.lease, link.ToServer)}
		}),
		aimed("aimed: late", 3, func(_ *World, _ *process, d time.Duration) fate { return fate{hold: d} }),
		aimed("aimed: doubled", 2, func(_ *World, _ *process, d time.Duration) fate { return fate{double: d} }),
		aimed("aimed: lost and doubled", 1, func(_ *World, _ *process, d time.Duration) fate {
			return fate{lose: true, double: d}
		}),
		aimed("aimed: crash before", 1, func(_ *World, p *process, _ time.Duration) fate { return fate{before: p.crash} }),
		aimed("aimed: crash after", 1, func(_ *World, p *process, _ time.Duration) fate { return fate{after: p.crash} }),
		aimed("aimed: stall", 2, func(_ *World, p *process, d time.Duration) fate {
			return fate{after: func() { p.clock.stall(d) }}
		}),
		aimed("aimed: recall", 2, func(_ *World, p *process, _ time.Duration) fate { return fate{before: p.recallNow} }),
		aimed("aimed: given up", 2, func(_ *World, p *process, d time.Duration) fate { return fate{hold: d, atOnce: p.recallNow} }),
		aimed("aimed: given up alone", 1, givenUpAlone),
		aimed("aimed: memory lost before", 1, func(w *World, _ *process, _ time.Duration) fate {
			return fate{before: func() { w.store.drop("memory lost") }}
		}),
		aimed("aimed: memory lost after", 1, func(w *World, _ *process, _ time.Duration) fate {
			return fate{after: func() { w.store.drop("memory lost") }}
		}),
	}
}

// givenUpAlone is what a claim meets whose candidate gives up and does not come back
// while nobody else can take what it expects: only the candidate itself can keep it
// from landing.
func givenUpAlone(w *World, p *process, d time.Duration) fate {
	return fate{hold: d, atOnce: func() {
		if w.healing.Load() {
			return
		}
		for _, o := range w.others(p) {
			w.swallowing(o, d, link.ToServer)()
		}
		p.dismiss(2 * d)
	}}
}

// swallowing loses what a process sends, or is sent, for that long.
func (w *World) swallowing(p *process, d time.Duration, dir link.Direction) action {
	return func() {
		if w.healing.Load() {
			return // the request was on its way when the storm ended
		}
		p.net.commands.Swallow(dir)
		w.after(d, p.n, inHold, p.net.commands.Heal)
	}
}

func aimed(kind string, weight int, f func(w *World, p *process, d time.Duration) fate) fault {
	return fault{kind: kind, weight: weight, begin: func(w *World, d time.Duration) func() {
		t := &trap{operation: pick(w.chance, operations...), kind: kind}
		t.fate = func(p *process) fate { return f(w, p, d) }
		if w.oneIn(2) {
			t.operation = "grant"
		}
		w.set(t)
		return func() { w.clear(t) }
	}}
}
