package cell

import "time"

// Plan says how long, and how often.
type Plan struct {
	Pings int
	// Paused is how often something is measured after a pause.
	Paused   int
	Acquires int
	// Handovers is for how long offices are handed over.
	Handovers time.Duration
	// KillsAtOnce leaders are killed beside each other, KillRounds times.
	KillsAtOnce, KillRounds int
	// Settle is how long nothing is measured after all have found their places, and
	// Window is how long is measured then.
	Settle, Window time.Duration
	// Patience is how long anything that should happen may take.
	Patience time.Duration
}

// Quick is the plan for a look at the order of magnitude.
func Quick() Plan {
	return Plan{
		Pings: 500, Paused: 10, Acquires: 100, Handovers: 1500 * time.Millisecond,
		KillsAtOnce: 8, KillRounds: 1,
		Settle: time.Second, Window: 2500 * time.Millisecond, Patience: 10 * time.Second,
	}
}

// Full is the plan for figures to publish.
func Full() Plan {
	return Plan{
		Pings: 3000, Paused: 100, Acquires: 500, Handovers: 40 * time.Second,
		KillsAtOnce: 8, KillRounds: 6,
		Settle: 6 * time.Second, Window: 15 * time.Second, Patience: 20 * time.Second,
	}
}
