// Command ledgerrun simulates schedules and their ledger, seed after seed. See package ledger.
//
//	go run -C verification ./ledgerrun -h
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"
	_ "time/tzdata" // the zones of the schedule

	"example.com/incumbent/verification/internal/command"
	"example.com/incumbent/verification/ledger"
)

var errMild = errors.New("nothing was refused or missed: the faults were too mild to show anything")

var about = command.Command{
	Name: "ledgerrun",
	About: `Ledgerrun simulates schedules and their ledger for years: one seed after the other, and an
account that knows all due times judges what became of each. A seed repeats its run.`,
	Examples: [][2]string{
		{"", "ten years"},
		{"-seeds 1000 -for 10m", "as many years as ten minutes give"},
		{"-from 4711 -seeds 1", "one seed"},
		{"-seeds 1000 -result years.json", "when it was cut, the same again goes on"},
	},
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, out, errs io.Writer) int {
	var s ledger.Series
	flags := about.Flags()
	flags.IntVar(&s.Seeds, "seeds", 10, "how `many`")
	flags.Uint64Var(&s.From, "from", 1, "the first `seed`")
	years := flags.Float64("years", 1, "simulated `years` of each seed, at most 1")
	flags.DurationVar(&s.For, "for", 0, "the seed that runs after so `long` is the last (default: no limit)")
	flags.BoolVar(&s.First, "first", false, "end at the first seed that breaks a promise")
	flags.StringVar(&s.Result, "result", "", "a `file` for the summary as JSON; a run that was cut goes on from it")
	if code, done := about.Parse(flags, args, out, errs); done {
		return code
	}
	switch {
	case flags.NArg() > 0:
		return about.Refuse(errs, fmt.Errorf("%q is no flag", flags.Arg(0)))
	case s.Seeds < 1 || s.For < 0:
		return about.Refuse(errs, errors.New("-seeds is positive, -for not negative"))
	case *years < 0.001 || *years > 1:
		return about.Refuse(errs, errors.New("-years: give 0.001 to 1, and more seeds for more"))
	}
	s.Span = time.Duration(*years * float64(ledger.Year))
	ledger.Prepare()
	sum, err := s.Do(func(r ledger.Result) { fmt.Fprint(out, r.Explain()) })
	fmt.Fprintln(out, sum)
	return verdict(sum, err, errs)
}

// verdict is what came of a series.
func verdict(sum *ledger.Summary, err error, errs io.Writer) int {
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
