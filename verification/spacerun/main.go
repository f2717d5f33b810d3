// Command spacerun simulates spaces of locks under storms, seed after seed. See package space.
//
//	go run -C verification ./spacerun -h
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"example.com/incumbent/verification/internal/command"
	"example.com/incumbent/verification/space"
)

var errMild = errors.New("no write was refused: the faults were too mild to show anything")

var about = command.Command{
	Name: "spacerun",
	About: `Spacerun simulates processes that share a space of locks under storms: one seed after the other,
and an account of all works judges. Every fourth seed has processes that stand still, which breaks an
assumption; every second one a client whose publications do not count their listeners.`,
	Examples: [][2]string{
		{"", "an hour of storms"},
		{"-seeds 1000 -for 10m", "as many as ten minutes give"},
		{"-from 4711 -seeds 1", "one seed"},
		{"-seeds 1000 -result storms.json", "when it was cut, the same again goes on"},
	},
}

// options are what the command line says.
type options struct{ space.Series }

func main() {
	var o options
	if code, done := o.read(os.Args[1:], os.Stdout, os.Stderr); done {
		os.Exit(code)
	}
	o.simulate(os.Stdout, os.Stderr)
}

func (o *options) read(args []string, out, errs io.Writer) (code int, done bool) {
	flags := about.Flags()
	flags.IntVar(&o.Seeds, "seeds", 60, "how `many`")
	flags.Uint64Var(&o.From, "from", 1, "the first `seed`")
	flags.DurationVar(&o.Span, "span", time.Minute, "simulated `time` of the storms of each seed, 10 s to an hour")
	flags.DurationVar(&o.For, "for", 0, "the seed that runs after so `long` is the last (default: no limit)")
	flags.BoolVar(&o.First, "first", false, "end at the first seed that breaks a promise")
	flags.StringVar(&o.Result, "result", "", "a `file` for the summary as JSON; a run that was cut goes on from it")
	if code, done := about.Parse(flags, args, out, errs); done {
		return code, true
	}
	switch {
	case flags.NArg() > 0:
		return about.Refuse(errs, fmt.Errorf("%q is no flag", flags.Arg(0))), true
	case o.Seeds < 1 || o.For < 0:
		return about.Refuse(errs, errors.New("-seeds is positive, -for not negative")), true
	case o.Span < 10*time.Second || o.Span > time.Hour:
		return about.Refuse(errs, errors.New("-span: give 10s to 1h, and more seeds for more")), true
	}
	return 0, false
}

// simulate runs what was asked for, and exits. A bubble needs a test around it, outside of go
// test too: the first one runs the seeds, and what it had to say is printed at its end. The
// second one exits, since package testing knows other codes than ours.
func (o options) simulate(out, errs io.Writer) {
	space.Prepare()
	flag.CommandLine = flag.NewFlagSet(about.Name, flag.ExitOnError)
	os.Args = os.Args[:1] // the flags are not for package testing
	code := command.Undecided
	testing.Main(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{
		{Name: about.Name, F: func(t *testing.T) { code = o.run(t, out, errs) }},
		{Name: "exit", F: func(*testing.T) { os.Exit(code) }},
	}, nil, nil)
}

func (o options) run(t *testing.T, out, errs io.Writer) int {
	sum, err := o.Do(t, func(r space.Result) { fmt.Fprint(out, r.Explain()) })
	fmt.Fprintln(out, sum)
	return verdict(sum, err, errs)
}

// verdict is what came of a series.
func verdict(sum *space.Summary, err error, errs io.Writer) int {
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
