package sim

import (
	"time"

	"example.com/incumbent/internal/link"
)

// fault is something that can go wrong. What begin returns ends it; nil if it
// ends by itself.
type fault struct {
	kind         string
	weight       int
	registerOnly bool
	begin        func(w *World, d time.Duration) (end func())
}

// catalogue is everything that can go wrong.
func catalogue() []fault {
	all := []fault{{kind: "outage", weight: 1, begin: outage}}
	for _, part := range [][]fault{networkFaults(), processFaults(), serverFaults(), requests(), pauses(), aimedFaults()} {
		all = append(all, part...)
	}
	return all
}

// networkFaults happen to the routes of some processes.
func networkFaults() []fault {
	return []fault{
		{kind: "cut", weight: 3, begin: onRoutes("cut", route.Cut)},
		{kind: "reset", weight: 2, begin: onRoutes("reset", route.Reset)},
		{kind: "black hole", weight: 3, begin: onRoutes("black hole", func(r route) { r.Swallow() })},
		{kind: "black hole to server", weight: 2, begin: onRoutes("black hole to server", func(r route) { r.Swallow(link.ToServer) })},
		{kind: "black hole to client", weight: 2, begin: onRoutes("black hole to client", func(r route) { r.Swallow(link.ToClient) })},
		{kind: "network stall", weight: 3, begin: onRoutes("network stall", func(r route) { r.Stall() })},
		{kind: "stall to server", weight: 2, begin: onRoutes("stall to server", func(r route) { r.Stall(link.ToServer) })},
		{kind: "stall to client", weight: 2, begin: onRoutes("stall to client", func(r route) { r.Stall(link.ToClient) })},
		{kind: "delay", weight: 3, begin: delay},
		{kind: "lost replies", weight: 3, begin: onRoutes("lost replies", func(r route) { r.LoseReplies(2) })},
		{kind: "torn reply", weight: 2, begin: tornReply},
		{kind: "doubled", weight: 3, registerOnly: true, begin: onRoutes("doubled", func(r route) { r.(*wire).Double(3) })},
	}
}

// outage keeps everybody from the server for many leases, so that whoever tries
// again has had every reason to try less often.
func outage(w *World, _ time.Duration) func() {
	lease := w.profile.leases[0]
	w.conclude() // or what ends meanwhile would heal some of it
	w.fault("outage")
	var routes []route
	for _, p := range w.living {
		routes = append(routes, p.routes()...)
	}
	for _, r := range routes {
		r.Cut()
	}
	w.pass(w.spread(5*lease, 50*lease))
	for _, r := range routes {
		r.Heal()
	}
	w.healed("outage")
	return nil
}

// onRoutes breaks routes and heals them.
func onRoutes(kind string, do func(route)) func(*World, time.Duration) func() {
	return func(w *World, _ time.Duration) func() {
		routes := w.someRoutes()
		w.fault(kind)
		for _, r := range routes {
			do(r)
		}
		return func() {
			for _, r := range routes {
				r.Heal()
			}
		}
	}
}

// tornReply breaks connections in the middle of what the server says.
func tornReply(w *World, _ time.Duration) func() {
	after := w.IntN(200) // bytes: an answer has 50 to 300
	return onRoutes("torn reply", func(r route) { r.CutAfter(after) })(w, 0)
}

// delay makes routes slow, up to more than a lease.
func delay(w *World, _ time.Duration) func() {
	routes, lease := w.someRoutes(), w.profile.leases[0]
	latency := w.spread(lease/100, 3*lease/2)
	w.fault("delay")
	for i, r := range routes {
		r.SetLatency(latency + time.Duration(i)*101*time.Microsecond) // or they would deliver together
	}
	return func() {
		for _, p := range w.living {
			p.settle()
		}
	}
}

// someRoutes are the ones that a network fault hits: of one process, of all, or of
// all but one; those for commands, for hints, or both.
func (w *World) someRoutes() (routes []route) {
	commands, hints := !w.oneIn(5), !w.oneIn(3)
	if !commands {
		hints = true
	}
	for _, p := range w.some() {
		if commands {
			routes = append(routes, p.net.commands)
		}
		if hints {
			routes = append(routes, p.net.hints)
		}
	}
	return routes
}

func (w *World) some() []*process {
	one := w.anyone()
	if l := w.leader(); l != nil && w.oneIn(2) {
		one = l
	}
	switch w.IntN(7) {
	case 0:
		return w.living
	case 1:
		var others []*process
		for _, p := range w.living {
			if p != one {
				others = append(others, p)
			}
		}
		return others
	}
	if one == nil {
		return nil
	}
	return []*process{one}
}
