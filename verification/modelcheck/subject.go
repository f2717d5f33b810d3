package main

import (
	"example.com/incumbent/verification/model"
	"example.com/incumbent/verification/model/space"
)

// subject is one model.
type subject struct {
	configs  []config
	variants func(holds bool) []variant
	alone    func(variant string) bool // it has a configuration of its own
	says     func(model.Invariant) string
}

// config is one of a set, by the names of both.
type config struct {
	name, about string
	run         func(variant string, opt model.Options) model.Report
}

// variant is one that is refuted or holds in its own configuration.
type variant struct{ job }

func subjects() map[string]subject {
	return map[string]subject{"election": ofElection(), "space": ofSpace()}
}

func ofElection() subject {
	s := subject{
		alone: func(name string) bool { return model.Lookup(name).Source != nil },
		says:  model.Name,
		variants: func(holds bool) (all []variant) {
			named := model.Broken()
			if holds {
				named = model.Sound()
			}
			for _, n := range named {
				all = append(all, variant{job{name: n.Name, about: n.About, holds: holds, run1: n.Run}})
			}
			return all
		},
	}
	add := func(set string, configs []model.Config) {
		for _, c := range configs {
			s.configs = append(s.configs, config{set + "/" + c.Name, c.String(), func(variant string, opt model.Options) model.Report {
				return model.Run(c, model.Lookup(variant).Variant, opt)
			}})
		}
	}
	add("tiny", model.Tiny())
	add("small", model.Small())
	add("large", model.Large())
	return s
}

func ofSpace() subject {
	s := subject{
		alone: func(string) bool { return false },
		says:  space.Name,
		variants: func(holds bool) (all []variant) {
			named := space.Broken()
			if holds {
				named = space.Sound()
			}
			for _, n := range named {
				all = append(all, variant{job{name: n.Name, about: n.About, holds: holds, run1: n.Run}})
			}
			return all
		},
	}
	add := func(set string, configs []space.Config) {
		for _, c := range configs {
			s.configs = append(s.configs, config{set + "/" + c.Name, c.String(), func(variant string, opt model.Options) model.Report {
				return space.Run(c, space.Lookup(variant).Variant, opt)
			}})
		}
	}
	add("tiny", space.Tiny())
	add("small", space.Small())
	add("large", space.Large())
	return s
}
