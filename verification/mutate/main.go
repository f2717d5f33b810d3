// Command mutate shows that the simulation would notice if the code were wrong.
// It runs the simulation against variants of the code that are broken on purpose,
// and prints for each which rule of the checker caught it, and in which seed.
//
//	go run -C verification ./mutate -h
//
// Each variant has a bound, the number of seeds within which it must be caught; its
// run ends at the first seed that does. The same mistakes in the protocol rather
// than in the code are what verification/model refutes exhaustively: see
// verification/modelcheck.
//
// What several elections of a process share is not in the simulation, in which each
// process leads in one: variants of that are tried on a test of the packages, which
// must fail.
//
// A variant is one or more small patches, applied by go test -overlay: the files
// themselves stay as they are. A patch names a function and a pattern of its syntax, see
// package patch. One that does not fit exactly once is an error, so that this table
// cannot rot unseen. The exit code is 1 if a variant was
// not caught within its bound and nothing in the table excuses it.
package main

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"regexp"
	"time"

	"example.com/incumbent/verification/internal/command"
)

var about = command.Command{
	Name: "mutate",
	About: `Mutate runs the simulation against variants of the code that are broken on purpose, and prints
which rule of the checker caught each, and in which seed.`,
	Examples: [][2]string{
		{"", "all variants"},
		{"-run 'anchor|push'", "some"},
		{"-run '^none$'", "the code as it is"},
		{"-parallel 2", "two at a time"},
		{"-model -seeds 20", "which of them the model refuses"},
	},
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, out, errs io.Writer) int {
	var l laboratory
	flags := about.Flags()
	which := flags.String("run", "", "only the variants whose name matches this `pattern`")
	parallel := flags.Int("parallel", 1, "how `many` at a time")
	flags.IntVar(&l.from, "from", 1, "the first `seed`")
	flags.IntVar(&l.seeds, "seeds", 0, "how `many` seeds for each variant (default: its own bound)")
	flags.BoolVar(&l.model, "model", false, "have the model of elections follow the simulation, in place of the checker; only the variants for the simulation run")
	flags.Float64Var(&l.hours, "hours", 0.3, "simulated `hours` of each seed")
	if code, done := about.Parse(flags, args, out, errs); done {
		return code
	}
	pattern, err := regexp.Compile(*which)
	switch {
	case err != nil:
		return about.Refuse(errs, err)
	case flags.NArg() > 0:
		return about.Refuse(errs, fmt.Errorf("%q is no flag", flags.Arg(0)))
	case *parallel < 1 || l.from < 0 || l.seeds < 0 || l.hours <= 0:
		return about.Refuse(errs, errors.New("-parallel and -hours are positive, -from and -seeds not negative"))
	}
	return l.work(pattern, *parallel, errs)
}

// work studies the variants that match, and returns the exit code.
func (l *laboratory) work(pattern *regexp.Regexp, parallel int, errs io.Writer) int {
	if err := l.open(); err != nil {
		return about.Fail(errs, err)
	}
	defer l.close()
	missed, err := l.study(pattern, parallel)
	switch {
	case err != nil:
		return about.Fail(errs, err)
	case missed > 0:
		fmt.Fprintf(errs, "mutate: %d not caught\n", missed)
		return command.Violated
	}
	return command.Held
}

// study runs the variants that match, prints the table and returns how many were
// missed.
func (l *laboratory) study(pattern *regexp.Regexp, parallel int) (missed int, err error) {
	fmt.Println("| variant | what is broken | on | seeds | caught by |")
	fmt.Println("|---|---|---|---|---|")
	asIs := mutant{name: "none", what: "nothing", harmless: "it is the code as it is"}
	var chosen []mutant
	for _, m := range append([]mutant{asIs}, table()...) {
		if l.model {
			m.harmless = m.outside()
		}
		if pattern.MatchString(m.name) && (!l.model || m.test == "") {
			chosen = append(chosen, m)
		}
	}
	for res := range l.examineAll(chosen, parallel) {
		if res.err != nil {
			return missed, fmt.Errorf("%s: %w", res.name, res.err)
		}
		fmt.Println(res.row(res.finding))
		fmt.Fprintf(os.Stderr, "%s: %v\n", res.name, res.took.Round(time.Second))
		if res.name == asIs.name && res.caught() {
			return missed, errors.New("what is right is found wrong: no other finding means anything")
		}
		if !res.caught() && res.harmless == "" {
			missed++
		}
	}
	return missed, nil
}

// result is what became of a variant.
type result struct {
	mutant
	finding
	took time.Duration
	err  error
}

// examineAll examines variants, several at a time, and yields what became of them
// in their order.
func (l *laboratory) examineAll(all []mutant, parallel int) iter.Seq[result] {
	jobs, results := make(chan int), make([]chan result, len(all))
	for i := range results {
		results[i] = make(chan result, 1)
	}
	for range parallel {
		go func() {
			for i := range jobs {
				begun := time.Now()
				f, err := l.examine(all[i])
				results[i] <- result{all[i], f, time.Since(begun), err}
			}
		}()
	}
	go func() {
		for i := range all {
			jobs <- i
		}
	}()
	return func(yield func(result) bool) {
		for _, r := range results {
			if !yield(<-r) {
				return
			}
		}
	}
}
