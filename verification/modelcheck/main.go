// Command modelcheck explores the election protocol, or a broken variant of it, and prints
// what it found: states, edges, depth, time, and the shortest way to what is broken.
// See package model.
//
//	go run -C verification ./modelcheck -h
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"example.com/incumbent/verification/internal/command"
	"example.com/incumbent/verification/model"
)

var about = command.Command{
	Name: "modelcheck",
	About: `Modelcheck explores every order of events within bounds, in a model of the protocol or of a
broken variant of it: the protocol must hold, a variant must be refuted, with its trace.`,
	Examples: [][2]string{
		{"", "the protocol, small bounds"},
		{"-config large", "minutes, up to 2 GB"},
		{"-variant all", "every variant that must be refuted"},
		{"-variant source", "one of them, with its trace"},
		{"-variant list", "what there is"},
	},
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// settings is what the command line says.
type settings struct {
	config  string
	variant string
	memory  int64 // MB
	traces  bool
	opt     model.Options
}

func run(args []string, out, errs io.Writer) int {
	var s settings
	flags := about.Flags()
	flags.StringVar(&s.config, "config", "", "`set` of configurations: tiny, small or large, or one of them, as small/network (default: small for the protocol, a variant's own for a variant)")
	flags.StringVar(&s.variant, "variant", "protocol", "`name` of a variant; protocol, all, sound or list")
	flags.Int64Var(&s.memory, "max-memory", 1600, "give up beyond so many `MB`")
	flags.Int64Var(&s.opt.MaxStates, "max-states", 0, "give up beyond so many `states` (0: never)")
	flags.IntVar(&s.opt.Workers, "workers", 2, "goroutines that search, 1 or 2")
	flags.BoolVar(&s.traces, "trace", true, "print the traces")
	if code, done := about.Parse(flags, args, out, errs); done {
		return code
	}
	if flags.NArg() > 0 || s.opt.Workers < 1 || s.opt.Workers > 2 || s.memory < 1 || s.opt.MaxStates < 0 {
		return about.Refuse(errs, errors.New("1 or 2 workers, some memory, and no arguments but flags"))
	}
	s.opt.MaxMemory = s.memory << 20
	defer debug.SetGCPercent(debug.SetGCPercent(10)) // nearly all that is allocated stays
	return s.search(out, errs)
}

// search runs what was asked for.
func (s settings) search(out, errs io.Writer) int {
	if s.variant == "list" {
		list(out)
		return 0
	}
	jobs, err := s.jobs()
	if err != nil {
		return about.Refuse(errs, err)
	}
	code := 0
	for _, j := range jobs {
		code = worse(code, j.run(out, s))
	}
	return code
}

// worse prefers a failure to a search that was not exhaustive.
func worse(a, b int) int {
	if a == command.Violated || b == 0 {
		return a
	}
	return b
}

func list(out io.Writer) {
	fmt.Fprintln(out, "variants that must be refuted:")
	for _, n := range model.Broken() {
		fmt.Fprintf(out, "  %-20s %s\n", n.Name, n.About)
	}
	fmt.Fprintln(out, "variants that must hold:")
	for _, n := range model.Sound() {
		fmt.Fprintf(out, "  %-20s %s\n", n.Name, n.About)
	}
	fmt.Fprintln(out, "configurations:")
	for _, set := range sets() {
		for _, c := range set.configs {
			fmt.Fprintf(out, "  %-20s %v\n", set.name+"/"+c.Name, c)
		}
	}
}

type set struct {
	name    string
	configs []model.Config
}

func sets() []set {
	return []set{{"tiny", model.Tiny()}, {"small", model.Small()}, {"large", model.Large()}}
}

// configs returns the configurations that a name stands for.
func configs(name string) ([]model.Config, error) {
	for _, set := range sets() {
		if name == set.name {
			return set.configs, nil
		}
		for _, c := range set.configs {
			if name == set.name+"/"+c.Name {
				return []model.Config{c}, nil
			}
		}
	}
	return nil, fmt.Errorf("no configuration %q; -variant list lists them", name)
}

// job is one search.
type job struct {
	name  string
	about string
	holds bool // what is expected
	run1  func(model.Options) model.Report
}

func (s settings) jobs() ([]job, error) {
	var jobs []job
	for _, n := range model.Broken() {
		if s.variant == "all" || s.variant == n.Name {
			jobs = append(jobs, variantJob(n, false))
		}
	}
	for _, n := range model.Sound() {
		if s.variant == "sound" || s.variant == n.Name {
			jobs = append(jobs, variantJob(n, true))
		}
	}
	if s.variant != "protocol" && len(jobs) == 0 {
		return nil, fmt.Errorf("no variant %q; -variant list lists them", s.variant)
	}
	if s.variant != "protocol" && s.config == "" {
		return jobs, nil
	}
	return s.within(jobs)
}

// within runs the protocol or one variant in the configurations that were named.
func (s settings) within(variants []job) ([]job, error) {
	if len(variants) > 1 {
		return nil, errors.New("several variants run in their own configurations only; leave -config out")
	}
	name := s.config
	if name == "" {
		name = "small"
	}
	cs, err := configs(name)
	if err != nil {
		return nil, err
	}
	variant, holds := model.Variant{}, true
	if len(variants) == 1 {
		n := model.Lookup(s.variant)
		if n.Source != nil {
			return nil, errors.New("the source pattern has a configuration of its own; leave -config out")
		}
		variant, holds = n.Variant, variants[0].holds
	}
	var jobs []job
	for _, c := range cs {
		jobs = append(jobs, job{
			name: s.variant + ", " + c.Name, about: c.String(), holds: holds,
			run1: func(opt model.Options) model.Report { return model.Run(c, variant, opt) },
		})
	}
	return jobs, nil
}

func variantJob(n model.Named, holds bool) job {
	return job{name: n.Name, about: n.About, holds: holds, run1: n.Run}
}

// run searches and prints what was found.
func (j job) run(out io.Writer, s settings) int {
	fmt.Fprintf(out, "%s: %s\n", j.name, j.about)
	r := j.run1(s.opt)
	fmt.Fprintf(out, "  %d states, %d edges, depth %d, %.1f s, %d MB\n", r.States, r.Edges, r.Depth, r.Elapsed.Seconds(), r.Memory>>20)
	code := 0
	switch {
	case r.Broken != 0:
		fmt.Fprintf(out, "  BROKEN in %d steps: %s\n", len(r.Trace), model.Name(r.Broken))
		if s.traces {
			fmt.Fprintln(out, strings.Join(r.Trace, "\n"))
		}
		if j.holds {
			code = command.Violated
		}
	case r.Left != "":
		fmt.Fprintf(out, "  NOT EXHAUSTIVE, nothing broken in what was explored: %s\n", r.Left)
		code = command.Undecided
	default:
		fmt.Fprintln(out, "  holds; exhaustive")
		if !j.holds {
			code = command.Violated
		}
	}
	return code
}
