package space

import (
	"example.com/incumbent/verification/model"
	"example.com/incumbent/verification/model/explore"
)

// Run explores a variant of the protocol within a configuration. It watches the given
// invariants, all of them if none is given.
func Run(cfg Config, v Variant, opt model.Options, watched ...Invariant) model.Report {
	m := newModel(cfg, v, watched...)
	found := explore.Run[state](m, opt)
	r := model.Report{
		States: found.States, Edges: found.Edges, Depth: found.Depth, Memory: found.Memory, Elapsed: found.Elapsed,
		Left: found.Stopped, Broken: found.Broken, Trace: m.tell(found.Trace),
	}
	if m.clipped.Load() && r.Left == "" {
		r.Left = "a state had no room for another waiter"
	}
	return r
}
