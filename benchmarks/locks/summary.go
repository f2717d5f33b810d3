package main

import (
	"slices"
	"time"
)

// A summary is of durations.
type summary struct {
	n             int
	p50, p99, max time.Duration
}

func summarise(all []time.Duration) summary {
	if len(all) == 0 {
		return summary{}
	}
	all = slices.Sorted(slices.Values(all))
	at := func(share float64) time.Duration { return all[int(share*float64(len(all)-1))] }
	return summary{len(all), at(0.5), at(0.99), at(1)}
}
