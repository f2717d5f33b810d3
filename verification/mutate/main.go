// Command mutate shows that the simulation would notice if the code were wrong.
// It runs the simulation against variants of the code that are broken on purpose,
// and prints for each which rule of the checker caught it, and in which seed.
//
//	go run -C verification ./mutate                    # all
//	go run -C verification ./mutate -run 'anchor|push' # some
//	go run -C verification ./mutate -run '^none$'      # the code as it is
//	go run -C verification ./mutate -parallel 2        # two at a time
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
// A variant is a small patch of a file, applied by go test -overlay: the files
// themselves stay as they are. A patch whose text is not found exactly once is an
// error, so that this table cannot rot unseen. The exit code is 1 if a variant was
// not caught within its bound and nothing in the table excuses it.
package main

import (
	"errors"
	"flag"
	"fmt"
	"iter"
	"os"
	"regexp"
	"time"
)

func main() {
	var l laboratory
	which := flag.String("run", "", "only the variants whose name matches")
	parallel := flag.Int("parallel", 1, "how many at a time")
	flag.IntVar(&l.from, "from", 1, "the first seed")
	flag.IntVar(&l.seeds, "seeds", 0, "seeds for each variant (default: its own bound)")
	flag.Float64Var(&l.hours, "hours", 0.3, "simulated hours of each seed")
	flag.Parse()
	pattern, err := regexp.Compile(*which)
	if err != nil {
		fail(err)
	}
	if err := l.open(); err != nil {
		fail(err)
	}
	missed, err := l.study(pattern, max(*parallel, 1))
	l.close()
	if err != nil {
		fail(err)
	}
	if missed > 0 {
		fmt.Fprintf(os.Stderr, "mutate: %d not caught\n", missed)
		os.Exit(1)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "mutate:", err)
	os.Exit(2)
}

// study runs the variants that match, prints the table and returns how many were
// missed.
func (l *laboratory) study(pattern *regexp.Regexp, parallel int) (missed int, err error) {
	fmt.Println("| variant | what is broken | on | seeds | caught by |")
	fmt.Println("|---|---|---|---|---|")
	asIs := mutant{name: "none", what: "nothing", harmless: "it is the code as it is"}
	var chosen []mutant
	for _, m := range append([]mutant{asIs}, table()...) {
		if pattern.MatchString(m.name) {
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
