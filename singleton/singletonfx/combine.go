package singletonfx

import (
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"

	"example.com/incumbent/election"
)

// combine puts hooks around the workers of their elections, and makes workers of
// hooks that have none. It returns the names of elections that consist of hooks
// although no hook says so on purpose.
func combine(workers []Worker, hooks []Hook) (all []Worker, unsaid []string, err error) {
	index := map[string]int{}
	for _, w := range workers {
		if _, twice := index[w.Election.Name]; twice {
			return nil, nil, fmt.Errorf("%w: singletonfx: two workers for election %q: give each an election of its own", election.ErrConfig, w.Election.Name)
		}
		if w.Work == nil {
			return nil, nil, fmt.Errorf("%w: singletonfx: the worker for election %q has no work", election.ErrConfig, w.Election.Name)
		}
		index[w.Election.Name] = len(all)
		all = append(all, w)
	}
	configs, err := hookConfigs(workers, hooks)
	if err != nil {
		return nil, nil, err
	}
	for _, h := range hooks {
		name := h.name()
		if i, known := index[name]; known {
			all[i].Work = h.Around(all[i].Work)
			continue
		}
		cfg, said := configs[name]
		if !said {
			unsaid = append(unsaid, name)
		}
		cfg.Name = name
		index[name] = len(all)
		all = append(all, Worker{Election: cfg, Work: h.Work()})
	}
	return all, unsaid, nil
}

// name is that of the hook's election.
func (h Hook) name() string {
	if h.Election == "" {
		return h.Config.Name
	}
	return h.Election
}

// hookConfigs are the configs that hooks have, by the name of the election.
func hookConfigs(workers []Worker, hooks []Hook) (map[string]election.Config, error) {
	configs := map[string]election.Config{}
	for _, h := range hooks {
		name := h.name()
		_, twice := configs[name]
		switch {
		case reflect.ValueOf(h.Config).IsZero():
			continue
		case h.Config.Name != "" && h.Config.Name != name:
			return nil, fmt.Errorf("%w: singletonfx: a hook of election %q has a Config for %q: give one name", election.ErrConfig, name, h.Config.Name)
		case slices.ContainsFunc(workers, func(w Worker) bool { return w.Election.Name == name }):
			return nil, fmt.Errorf("%w: singletonfx: a hook of election %q has a Config, and so has the worker: leave that of the hook out", election.ErrConfig, name)
		case twice:
			return nil, fmt.Errorf("%w: singletonfx: two hooks of election %q have a Config: leave one of them out", election.ErrConfig, name)
		}
		configs[name] = h.Config
	}
	return configs, nil
}

// describe logs what runs: a constructor that is not provided with AsWorker, or a
// name with a typing error, show nowhere else.
func describe(log *slog.Logger, all []Worker, workers []Worker, unsaid []string) {
	for _, name := range unsaid {
		log.Warn("singletonfx: this hook has no worker, and becomes an election of its own; correct the name, or say so by Hook.Config",
			"election", name, "workers", names(workers))
	}
	if len(all) == 0 {
		log.Warn("singletonfx: 0 workers: nothing runs; provide constructors of workers with AsWorker, of hooks with AsHook")
		return
	}
	log.Info("singletonfx: these workers run", "elections", names(all))
}

// names are those of the elections of workers, sorted.
func names(workers []Worker) string {
	var all []string
	for _, w := range workers {
		all = append(all, w.Election.Name)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}
