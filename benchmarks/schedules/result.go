package main

import (
	"fmt"
	"slices"
	"time"
)

// A result is what came of a cell.
type result struct {
	Starts         int
	Rate           float64 // starts a second
	Late, Handover summary
	Client, Server float64 // CPUs
}

// A summary is of durations in milliseconds.
type summary struct {
	N             int
	P50, P99, Max float64
}

func summarise(all []time.Duration) summary {
	if len(all) == 0 {
		return summary{}
	}
	slices.Sort(all)
	at := func(share float64) float64 {
		i := int(share * float64(len(all)-1))
		return float64(all[i].Microseconds()) / 1000
	}
	return summary{len(all), at(0.5), at(0.99), at(1)}
}

const header = `| | starts | starts/s | from due to start: p50, ms | p99 | max | client CPU | server CPU | starts per s of client CPU |
|---|---:|---:|---:|---:|---:|---:|---:|---:|
`

func (r result) row(c cell) string {
	row := fmt.Sprintf("| %s | %d | %.0f | %.2f | %.2f | %.1f | %.3f | %.3f | %.0f |",
		c, r.Starts, r.Rate, r.Late.P50, r.Late.P99, r.Late.Max, r.Client, r.Server, r.Rate/r.Client)
	if r.Handover.N > 0 {
		row += fmt.Sprintf("\n| %d handovers, from the end of the work until the next work begins | | | %.2f | %.2f | %.1f | | | |", r.Handover.N, r.Handover.P50, r.Handover.P99, r.Handover.Max)
	}
	return row
}
