package sim

import (
	"time"
)

// serverFaults happen to the server.
func serverFaults() []fault {
	return []fault{
		{kind: "restart", weight: 1, begin: func(w *World, _ time.Duration) func() { return w.restart("restart", func() {}) }},
		{kind: "restart without memory", weight: 2, begin: func(w *World, _ time.Duration) func() {
			return w.restart("restart without memory", func() { w.store.drop("memory lost") })
		}},
		{kind: "FLUSHALL", weight: 2, begin: func(w *World, _ time.Duration) func() { w.store.drop("FLUSHALL"); return nil }},
		{kind: "key lost", weight: 1, begin: func(w *World, _ time.Duration) func() { w.store.drop("key lost"); return nil }},
		{kind: "rollback", weight: 1, begin: rollback},
		{kind: "garbage", weight: 1, begin: garbage},
		{kind: "refusal", weight: 2, begin: refusal},
		{kind: "script flush", weight: 1, begin: func(w *World, _ time.Duration) func() {
			w.fault("script flush")
			w.store.forgetScripts()
			return nil
		}},
		{kind: "old hints", weight: 3, begin: oldHints},
		{kind: "server clock", weight: 1, registerOnly: true, begin: serverClock},
	}
}

// restart takes the server down for a while: all connections break.
func (w *World) restart(kind string, meanwhile func()) (end func()) {
	w.fault(kind)
	var routes []route
	for _, p := range w.living {
		routes = append(routes, p.routes()...)
	}
	for _, r := range routes {
		r.Cut()
	}
	meanwhile()
	w.store.forgetScripts()
	return func() {
		for _, r := range routes {
			r.Heal()
		}
	}
}

// rollback brings an older state, as a replica does that lagged behind.
func rollback(w *World, d time.Duration) func() {
	bytes, present := w.store.past(d)
	if !present {
		return nil
	}
	if w.oneIn(2) {
		for _, p := range w.living {
			p.net.commands.Reset()
			p.net.hints.Reset()
		}
	}
	w.store.put(bytes, "rollback")
	return nil
}

// garbage overwrites the record; who repairs it deletes it, or brings it back.
func garbage(w *World, _ time.Duration) func() {
	before, present := w.store.contents()
	w.store.put(pick(w.chance, "42", "", "2 L future", string(make([]byte, 2000))), "garbage")
	return func() {
		if present && w.oneIn(2) {
			w.store.put(before, "repaired")
			return
		}
		w.store.drop("repaired by DEL")
	}
}

// refusal has the server answer with an error.
func refusal(w *World, _ time.Duration) func() {
	w.fault("refusal")
	w.store.refuse(pick(w.chance,
		"LOADING Redis is loading the dataset in memory",
		"READONLY You can't write against a read only replica.",
		"OOM command not allowed when used memory > 'maxmemory'.",
		"BUSY Redis is busy running a script.",
		"NOAUTH Authentication required.",
	))
	return func() { w.store.refuse("") }
}

// oldHints publishes copies of what was published before.
func oldHints(w *World, d time.Duration) func() {
	w.fault("old hints")
	for range 1 + w.IntN(3) {
		if bytes, present := w.store.past(w.between(0, d)); present {
			w.store.publish(bytes)
		}
	}
	return nil
}

// serverClock sets the server's clock.
func serverClock(w *World, d time.Duration) func() {
	w.fault("server clock")
	w.store.(*mapServer).setSkew(pick(w.chance, -d, d))
	return func() { w.store.(*mapServer).setSkew(0) }
}
