// Package report shows results.
package report

import (
	"fmt"
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

// Failed returns an error if some measurements failed.
func (r Report) Failed() error {
	failed := 0
	for _, x := range r.Results {
		if x.Error != "" {
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d measurements failed, see the tables", failed, len(r.Results))
	}
	return nil
}
