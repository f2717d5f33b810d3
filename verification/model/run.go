package model

import (
	"time"

	"example.com/incumbent/verification/model/explore"
)

// Options bound a search.
type Options = explore.Options

// Report is what a search found.
type Report struct {
	States  int64
	Edges   int64
	Depth   int
	Memory  int64
	Elapsed time.Duration
	// Left says what was not explored. Empty: nothing within the bounds was left out.
	Left   string
	Broken Invariant // none is 0
	Trace  []string  // a shortest way to it, a line a step
}

// Run explores a variant of the protocol within a configuration. It watches the
// given invariants, all of them if none is given.
func Run(cfg Config, v Variant, opt Options, watched ...Invariant) Report {
	if cfg.Dead && v.Quarantine == Stamped {
		v.Quarantine = Once // packets that are kept for ever would need nonces without end
	}
	m := newModel[uint8](cfg, v, watched...)
	found := explore.Run[state[uint8]](m, opt)
	r := report(found)
	if m.clipped.Load() && r.Left == "" {
		r.Left = "a state had no room for another packet, nonce or term"
	}
	r.Trace = m.tell(found.Trace)
	return r
}

func report[S any](r explore.Result[S]) Report {
	return Report{
		States: r.States, Edges: r.Edges, Depth: r.Depth, Memory: r.Memory, Elapsed: r.Elapsed,
		Left: r.Stopped, Broken: r.Broken,
	}
}
