// Command simrun runs the simulation, seed after seed, and judges what it sees. See
// package sim.
//
//	go run -C verification ./simrun -h
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"testing"

	"example.com/incumbent/verification/internal/command"
	"example.com/incumbent/verification/sim"
	"example.com/incumbent/verification/sim/check"
)

func main() {
	var o options
	if code, done := o.read(os.Args[1:], os.Stdout, os.Stderr); done {
		os.Exit(code)
	}
	if o.sum {
		os.Exit(o.add(os.Stdout, os.Stderr))
	}
	o.simulate(os.Stdout, os.Stderr)
}

// simulate runs what was asked for, and exits. A bubble needs a test around it, outside of go
// test too: the first one runs the seeds, and what it had to say is printed at its
// end. The second one exits, since package testing knows other codes than ours.
func (o options) simulate(out, errs io.Writer) {
	sim.Prepare()
	flag.CommandLine = flag.NewFlagSet(about.Name, flag.ExitOnError)
	os.Args = os.Args[:1] // the flags are not for package testing
	code := command.Undecided
	testing.Main(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{
		{Name: about.Name, F: func(t *testing.T) { code = o.run(t, out, errs) }},
		{Name: "exit", F: func(*testing.T) { os.Exit(code) }},
	}, nil, nil)
}

// run runs the seeds of every server, and returns the worst that came of one.
func (o options) run(t *testing.T, out, errs io.Writer) (code int) {
	watch, done, err := o.tracer()
	if err != nil {
		return about.Fail(errs, err)
	}
	defer done()
	for _, s := range o.series() {
		s.Each.Watch = watch
		fmt.Fprintf(out, "on %s:\n", s.Each.Store)
		sum, err := s.Do(t, func(_ *testing.T, r sim.Result) { fmt.Fprint(out, r.Explain()) })
		fmt.Fprintln(out, sum)
		code = worse(code, verdict(sum, err, errs))
	}
	return code
}

// verdict is what came of a series.
func verdict(sum *sim.Summary, err error, errs io.Writer) int {
	switch {
	case len(sum.Failed) > 0:
		return command.Violated
	case err != nil:
		return about.Fail(errs, err)
	case sum.Mild():
		return about.Fail(errs, errMild)
	}
	return command.Held
}

// worse prefers a violation to what could not be decided.
func worse(a, b int) int {
	if a == command.Violated || b == command.Held {
		return a
	}
	return b
}

// tracer writes whole histories where that is asked for.
func (o options) tracer() (watch func(check.Entry), done func(), err error) {
	if o.trace == "" {
		return nil, func() {}, nil
	}
	f, err := os.OpenFile(o.trace, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, nil, err
	}
	return func(e check.Entry) { fmt.Fprintln(f, e) }, func() { _ = f.Close() }, nil
}

// add adds up what several runs found: as JSON on out, for people on errs.
func (o options) add(out, errs io.Writer) int {
	all := sim.NewSummary()
	for _, file := range o.files {
		b, err := os.ReadFile(file)
		one := sim.NewSummary()
		if err == nil {
			err = json.Unmarshal(b, one)
		}
		if err != nil {
			return about.Fail(errs, fmt.Errorf("adding up %s: %w", file, err))
		}
		all.Merge(one)
	}
	fmt.Fprintln(errs, all)
	if err := json.NewEncoder(out).Encode(all); err != nil {
		return about.Fail(errs, err)
	}
	return verdict(all, nil, errs)
}
