package report

import (
	"fmt"
	"math"

	"example.com/incumbent/benchmarks/internal/cell"
)

// table says how a figure is shown.
type table struct {
	title, text string
	columns     []column
	list        bool // one line for each column
}

// column is one value of each result.
type column struct {
	head string
	show func(Result) string
}

// value shows a value as it was measured, times a factor.
func value(head, name string, factor float64) column {
	return column{head, func(r Result) string {
		v, found := r.Values[name]
		if !found {
			return "-"
		}
		return number(v * factor)
	}}
}

// pings shows a time in PINGs of the same measurement.
func pings(head, name string) column { return ratio(head, name, "ping") }

// ratio shows a value divided by another.
func ratio(head, name, to string) column {
	return column{head, func(r Result) string {
		v, found := r.Values[name]
		if !found || r.Values[to] == 0 {
			return "-"
		}
		return number(v / r.Values[to])
	}}
}

func size(head string) column {
	return column{head, func(r Result) string { return fmt.Sprint(r.Size) }}
}

// number shows whole numbers as such, else three digits, and all of those before
// the point.
func number(v float64) string {
	magnitude := math.Abs(v)
	switch {
	case v == math.Trunc(v):
		return fmt.Sprintf("%.0f", v)
	case magnitude < 0.001:
		return fmt.Sprintf("%.1e", v)
	case magnitude < 10:
		return fmt.Sprintf("%.*f", 2-int(math.Floor(math.Log10(magnitude))), v)
	case magnitude < 100:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.0f", v)
	}
}

const (
	milli = 1e-3 // from µs to ms
	kilo  = 1e-3 // from bytes to kB
)

// tables says how each figure is shown.
func tables() map[string]table {
	return map[string]table{
		"floors":   floorsTable(),
		"acquire":  acquireTable(),
		"handover": handoverTable(),
		"failover": failoverTable(),
		"idle":     idleTable(),
		"many":     manyTable(),
		"pair":     pairTable(),
		"fleet":    fleetTable(),
		"pressure": pressureTable(),
	}
}

func floorsTable() table {
	return table{
		title: "Floors", text: "What nothing on a Redis can undercut on this machine. Latencies in µs.", list: true,
		columns: []column{
			value("PING, bare connection: median", "bare_ping_median", 1),
			value("PING, go-redis: median", "client_ping_median", 1),
			value("PING, go-redis: p99", "client_ping_p99", 1),
			value("PING, go-redis, after a pause of 200 ms: median", "paused_ping_median", 1),
			value("release until another is told: median", "push_median", 1),
			value("release until another has taken it: median", "taken_median", 1),
			pings("the same in PINGs", "taken_median"),
			value("the same after a pause of 200 ms, µs: median", cell.HandoverFloor, 1),
			pings("the same in PINGs", cell.HandoverFloor),
			value("renewals a second, one by one", "alone_rate", 1),
			value("the same, client µs each", "alone_client", 1),
			value("the same, server µs each", "alone_server", 1),
			value("renewals a second, 64 in a packet", "pipelined_rate", 1),
			value("the same, client µs each", "pipelined_client", 1),
			value("the same, server µs each", "pipelined_server", 1),
			value("renewals a second, 200 in a script", "batched_rate", 1),
			value("the same, client µs each", "batched_client", 1),
			value("the same, server µs each", "batched_server", 1),
			value("a Redis that nobody uses, CPU s/s", "idle_server", 1),
			value("100 clients with a PING every 1.5 s each, server CPU s/s", "clients_server", 1),
			value("the same, client CPU s/s", "clients_client", 1),
		},
	}
}

func acquireTable() table {
	return table{
		title: "Acquire", text: "From the call until the office is held; nobody else wants it.",
		columns: []column{
			value("runs", "runs", 1), value("median µs", "median", 1), value("p99 µs", "p99", 1),
			pings("median, PINGs", "median"), pings("p99, PINGs", "p99"), ping(),
		},
	}
}

func handoverTable() table {
	return table{
		title: "Handover",
		text: "From telling the leader to end until another is elected. Missing: nobody within two leases. " +
			"Doubled: another was elected while one led. Lost: terms that ended untold. " +
			"Stuck: nobody was elected for 10 s in a quick run, 20 s in a full one, which ended it. " +
			"Floors: a bare release and taking it, after a pause, as measured in the same run.",
		columns: []column{
			size("standbys"), value("runs", "runs", 1),
			value("median ms", "median", milli), value("p99 ms", "p99", milli), value("max ms", "max", milli),
			pings("median, PINGs", "median"), ping(), ratio("median, floors", "median", cell.HandoverFloor),
			value("missing", "missing", 1), value("doubled", "doubled", 1), value("lost", "lost", 1),
			value("stuck", "stuck", 1),
		},
	}
}

func failoverTable() table {
	return table{
		title: "Failover",
		text:  "From the last renewal, and from the kill, until one of three standbys is elected, in leases.",
		columns: []column{
			value("runs", "runs", 1),
			value("since renewal: median", "median", 1), value("p99", "p99", 1), value("min", "min", 1), value("max", "max", 1),
			value("since kill: median", "kill_median", 1), value("p99", "kill_p99", 1), value("min", "kill_min", 1),
			value("elected before the kill", "early", 1),
		},
	}
}

func idleTable() table {
	columns := append([]column{size("standbys")}, load()...)
	return table{
		title: "Idle",
		text:  "One leads, the others wait. Each candidate has a client of its own, all in one process.",
		columns: append(
			columns,
			value("goroutines/candidate", "goroutines", 1), value("heap kB/cand.", "heap", kilo),
			value("stack kB/cand.", "stack", kilo), value("connections", "connections", 1),
			value("doubled", "doubled", 1), value("lost", "lost", 1),
		),
	}
}

func manyTable() table {
	columns := append([]column{
		size("elections"), all("all lead after s", "all"), value("leading", "leading", 1), value("lost", "lost", 1),
	}, load()...)
	return table{
		title: "Many elections in one process",
		text:  "One process leads all of them. Never: not within 10 s in a quick run, 20 s in a full one.",
		columns: append(
			columns,
			value("goroutines/el.", "goroutines", 1), value("heap kB/el.", "heap", kilo),
			value("stack kB/el.", "stack", kilo), value("connections", "connections", 1),
		),
	}
}

func pairTable() table {
	return table{
		title:   "Many elections with a standby",
		text:    "One node leads all of them, another stands by for all. Both are in one process: client figures are of both together.",
		columns: append([]column{size("elections"), value("leading", "leading", 1), value("lost", "lost", 1)}, load()...),
	}
}

func fleetTable() table {
	return table{
		title:   "A fleet",
		text:    "Each node leads 100 elections and stands by for the 100 of another. All nodes are in one process: client figures are of all together.",
		columns: append([]column{size("nodes"), value("leading", "leading", 1), value("lost", "lost", 1)}, load()...),
	}
}

func pressureTable() table {
	return table{
		title: "Many elections under pressure",
		text: "One process leads all of them, with one thread for Go code; then while four other processes compute without a pause " +
			"on the same CPU; then 100 ms of round trip away from its server. Lost: within the time until all lead and a window after it.",
		columns: []column{
			size("elections"),
			all("one thread: all lead after s", "single_all"), value("leading", "single_leading", 1), value("lost", "single_lost", 1),
			all("other work: all lead after s", "busy_all"), value("leading", "busy_leading", 1), value("lost", "busy_lost", 1),
			all("100 ms: all lead after s", "distant_all"), value("leading", "distant_leading", 1), value("lost", "distant_lost", 1),
		},
	}
}

func ping() column { return value("PING µs", "ping", 1) }

func load() []column {
	return []column{
		value("server CPU s/s", "server_cpu", 1), value("client CPU s/s", "client_cpu", 1),
		value("requests/s", "requests", 1), value("commands/s", "commands", 1),
		value("kB/s in", "in", kilo), value("kB/s out", "out", kilo),
	}
}

// all is the time until all are led.
func all(head, name string) column {
	return column{head, func(r Result) string {
		v, found := r.Values[name]
		switch {
		case !found:
			return "-"
		case v < 0:
			return "never"
		}
		return number(v)
	}}
}
