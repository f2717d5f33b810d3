package space

// Tiny returns the configurations of the short tests: each rule with the faults that it is
// for, together some seconds.
func Tiny() []Config {
	return []Config{
		{Name: "memory", Processes: 2, Sessions: 1, Calls: 1, Beats: 1, Seats: 1, Flushes: 1, Crashes: 1, Heals: 8},
		{Name: "calls", Processes: 2, Sessions: 1, Calls: 2, Seats: 1, Open: true, Heals: 8},
		{Name: "sessions", Processes: 2, Sessions: 2, Calls: 1, Seats: 1, Open: true, Heals: 64},
		{Name: "late answers", Processes: 2, Sessions: 1, Calls: 1, Beats: 1, Seats: 1, Slow: true, Open: true},
		{Name: "three", Processes: 3, Sessions: 1, Calls: 1, Seats: 1, Open: true, Heals: 8},
		{Name: "seats", Processes: 3, Sessions: 1, Calls: 1, Seats: 2, Crashes: 1, Open: true, Heals: 64},
		{Name: "leases", Processes: 2, Sessions: 1, Calls: 1, Seats: 1, Flushes: 1, Open: true, Leases: []Lease{Long, Short}, Heals: 8},
		{Name: "ghosts", Processes: 2, Sessions: 1, Calls: 1, Beats: 1, Seats: 1, Crashes: 1, Open: true, Heals: 1, Ghosts: true},
	}
}

// Small returns configurations that take a minute or two together.
func Small() []Config {
	return []Config{
		{Name: "calls", Processes: 2, Sessions: 1, Calls: 2, Beats: 1, Seats: 1, Open: true},
		{Name: "calls and memory", Processes: 2, Sessions: 1, Calls: 2, Seats: 1, Flushes: 1, Crashes: 1, Heals: 64},
		{Name: "late answers", Processes: 2, Sessions: 1, Calls: 1, Beats: 1, Seats: 1, Flushes: 1, Slow: true},
		{Name: "sessions and crashes", Processes: 2, Sessions: 2, Calls: 1, Seats: 1, Crashes: 1, Open: true, Heals: 64},
		{Name: "sessions and memory", Processes: 2, Sessions: 2, Calls: 1, Seats: 1, Flushes: 1, Open: true},
		{Name: "three and memory", Processes: 3, Sessions: 1, Calls: 1, Seats: 1, Flushes: 1, Open: true, Heals: 64},
		{Name: "seats and memory", Processes: 3, Sessions: 1, Calls: 1, Seats: 2, Flushes: 1, Crashes: 1, Open: true, Heals: 64},
		{Name: "leases", Processes: 2, Sessions: 1, Calls: 1, Beats: 1, Seats: 1, Flushes: 1, Crashes: 1, Leases: []Lease{Long, Short}, Heals: 64},
		{Name: "ghosts", Processes: 2, Sessions: 1, Calls: 2, Seats: 1, Flushes: 1, Crashes: 1, Open: true, Heals: 8, Ghosts: true},
	}
}

// Large returns configurations that take minutes each, and up to 2 GB.
func Large() []Config {
	return []Config{
		{Name: "beats", Processes: 2, Sessions: 1, Calls: 1, Beats: 2, Seats: 1, Flushes: 2, Crashes: 1},
		{Name: "late answers", Processes: 2, Sessions: 1, Calls: 1, Beats: 2, Seats: 1, Flushes: 1, Crashes: 1, Slow: true, Open: true},
		{Name: "calls", Processes: 2, Sessions: 1, Calls: 2, Beats: 1, Seats: 1, Flushes: 1, Crashes: 1, Open: true},
		{Name: "sessions", Processes: 2, Sessions: 2, Calls: 1, Beats: 1, Seats: 1, Crashes: 1, Open: true},
		{Name: "three and beats", Processes: 3, Sessions: 1, Calls: 1, Beats: 1, Seats: 1, Crashes: 1, Open: true},
		{Name: "seats and beats", Processes: 3, Sessions: 1, Calls: 1, Beats: 1, Seats: 2, Open: true},
		{Name: "leases", Processes: 2, Sessions: 1, Calls: 1, Beats: 2, Seats: 1, Flushes: 2, Crashes: 1, Leases: []Lease{Long, Short}},
	}
}
