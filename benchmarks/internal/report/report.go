// Package report shows results.
package report

import (
	"time"

	"example.com/incumbent/benchmarks/internal/cell"
)

// Report is everything that was measured, and under which circumstances.
type Report struct {
	Date     time.Time
	Took     time.Duration
	Mode     string // quick or full
	Command  string
	Machine  string
	Pins     string
	Versions []string
	Plan     cell.Plan
	Results  []Result
}

// Result is one measurement.
type Result struct {
	System string
	Figure string
	Size   int         // standbys, or elections
	Setup  string      // how the system was configured
	Values cell.Values `json:",omitempty"`
	Error  string      `json:",omitempty"`
}
