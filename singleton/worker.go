package singleton

import (
	"fmt"
	"reflect"

	"example.com/incumbent/election"
)

// A Worker is work that runs on one of all processes, in an election of its own. It
// needs the name of the election, and Work or Hooks.
type Worker struct {
	Election election.Config
	Work     election.Work // nil: only the hooks
	Hooks    Hooks         // called around Work
	Policy   Policy
}

// settings reports whether the worker says more of its election than its name.
func (w Worker) settings() bool {
	cfg := w.Election
	cfg.Name = ""
	return !reflect.ValueOf(cfg).IsZero() || w.Policy != (Policy{})
}

// part is what workers of one election amount to.
type part struct {
	election election.Config
	policy   Policy
	work     election.Work // nil so far: none of them has work
	hooks    []Hooks
	set      bool // one of them has settings
}

// add takes in one more worker of the election.
func (p *part) add(w Worker) error {
	name := w.Election.Name
	switch {
	case w.Work == nil && w.Hooks.none():
		return fmt.Errorf("%w: the worker of election %q does nothing: give it Work or Hooks", election.ErrConfig, name)
	case w.Work != nil && p.work != nil:
		return fmt.Errorf("%w: two workers of election %q have Work: give each an election of its own", election.ErrConfig, name)
	case w.settings() && p.set:
		return fmt.Errorf("%w: two workers of election %q have settings: leave all but the name out in one of them", election.ErrConfig, name)
	}
	if err := w.Policy.Validate(); err != nil {
		return fmt.Errorf("election %q: %w", name, err)
	}
	if w.Work != nil {
		p.work = w.Work
	}
	if w.settings() || !p.set {
		p.election, p.policy, p.set = w.Election, w.Policy, w.settings()
	}
	p.hooks = append(p.hooks, w.Hooks)
	return nil
}

// whole is the work with all hooks around it, the first hooks outermost.
func (p *part) whole() election.Work {
	work := p.work
	if work == nil {
		work = untilRevoked
	}
	for i := len(p.hooks) - 1; i >= 0; i-- {
		work = p.hooks[i].Around(work)
	}
	return work
}

// parts puts workers of one election together, in the order in which they first come.
func parts(workers []Worker) (all []*part, err error) {
	known := map[string]*part{}
	for _, w := range workers {
		p := known[w.Election.Name]
		if p == nil {
			p = &part{}
			known[w.Election.Name] = p
			all = append(all, p)
		}
		if err := p.add(w); err != nil {
			return nil, err
		}
	}
	return all, nil
}
