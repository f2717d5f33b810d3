// Command modelcheck explores the election protocol or that of locks, or a broken variant of it, and
// prints what it found: states, edges, depth, time, and the shortest way to what is broken.
// See packages model and space.
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
		{"", "the protocol of elections, small bounds"},
		{"-of space", "that of locks that come and go"},
		{"-config large", "minutes, up to 2 GB"},
		{"-variant all", "every variant that must be refuted"},
		{"-variant source", "one of them, with its trace"},
		{"-variant list", "what there is"},
	},
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// settings is what the command line says.
type settings struct {
	of      string
	config  string
	variant string
	memory  int64 // MB
	traces  bool
	opt     model.Options
}

func run(args []string, out, errs io.Writer) int {
	var s settings
	flags := about.Flags()
	flags.StringVar(&s.of, "of", "election", "`model`: election, or space, the one of locks that come and go")
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
	of, known := subjects()[s.of]
	if !known {
		return about.Refuse(errs, fmt.Errorf("no model of %q; there are election and space", s.of))
	}
	if s.variant == "list" {
		list(out, of)
		return 0
	}
	jobs, err := s.jobs(of)
	if err != nil {
		return about.Refuse(errs, err)
	}
	code := 0
	for _, j := range jobs {
		code = worse(code, j.run(out, s, of.says))
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

func list(out io.Writer, of subject) {
	fmt.Fprintln(out, "variants that must be refuted:")
	for _, n := range of.variants(false) {
		fmt.Fprintf(out, "  %-20s %s\n", n.name, n.about)
	}
	fmt.Fprintln(out, "variants that must hold:")
	for _, n := range of.variants(true) {
		fmt.Fprintf(out, "  %-20s %s\n", n.name, n.about)
	}
	fmt.Fprintln(out, "configurations:")
	for _, c := range of.configs {
		fmt.Fprintf(out, "  %-20s %s\n", c.name, c.about)
	}
}

// job is one search.
type job struct {
	name  string
	about string
	holds bool // what is expected
	run1  func(model.Options) model.Report
}

func (s settings) jobs(of subject) ([]job, error) {
	var jobs []job
	for _, holds := range []bool{false, true} {
		all := s.variant == "all" && !holds || s.variant == "sound" && holds
		for _, n := range of.variants(holds) {
			if all || s.variant == n.name {
				jobs = append(jobs, n.job)
			}
		}
	}
	if s.variant != "protocol" && len(jobs) == 0 {
		return nil, fmt.Errorf("no variant %q; -variant list lists them", s.variant)
	}
	if s.variant != "protocol" && s.config == "" {
		return jobs, nil
	}
	return s.within(of, jobs)
}

// within runs the protocol or one variant in the configurations that were named.
func (s settings) within(of subject, variants []job) ([]job, error) {
	if len(variants) > 1 {
		return nil, errors.New("several variants run in their own configurations only; leave -config out")
	}
	holds := true
	if len(variants) == 1 {
		if of.alone(s.variant) {
			return nil, errors.New("the source pattern has a configuration of its own; leave -config out")
		}
		holds = variants[0].holds
	}
	name := s.config
	if name == "" {
		name = "small"
	}
	var jobs []job
	for _, c := range of.configs {
		if set, _, _ := strings.Cut(c.name, "/"); name == set || name == c.name {
			jobs = append(jobs, job{
				name: s.variant + ", " + c.name, about: c.about, holds: holds,
				run1: func(opt model.Options) model.Report { return c.run(s.variant, opt) },
			})
		}
	}
	if jobs == nil {
		return nil, fmt.Errorf("no configuration %q; -variant list lists them", name)
	}
	return jobs, nil
}

// run searches and prints what was found.
func (j job) run(out io.Writer, s settings, says func(model.Invariant) string) int {
	fmt.Fprintf(out, "%s: %s\n", j.name, j.about)
	r := j.run1(s.opt)
	fmt.Fprintf(out, "  %d states, %d edges, depth %d, %.1f s, %d MB\n", r.States, r.Edges, r.Depth, r.Elapsed.Seconds(), r.Memory>>20)
	code := 0
	switch {
	case r.Broken != 0:
		fmt.Fprintf(out, "  BROKEN in %d steps: %s\n", len(r.Trace), says(r.Broken))
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
