// Command mutants shows that the simulation would notice if the code were wrong.
// It runs the simulation against variants of the code that are broken on purpose,
// and prints for each which rule of the checker caught it, and in which seed.
//
//	go run ./internal/sim/mutants                    # all
//	go run ./internal/sim/mutants -run 'anchor|push' # some
//	go run ./internal/sim/mutants -run '^none$'      # the code as it is
//	go run ./internal/sim/mutants -parallel 2        # two at a time
//
// Each variant has a bound, the number of seeds within which it must be caught; its
// run ends at the first seed that does. The same mistakes in the protocol rather
// than in the code are what internal/model refutes exhaustively: see
// internal/model/modelcheck.
//
// A variant is a small patch of a file, applied by go test -overlay: the files
// themselves stay as they are. A patch whose text is not found exactly once is an
// error, so that this table cannot rot unseen. The exit code is 1 if a variant was
// not caught within its bound and nothing in the table excuses it.
package main

import (
	"flag"
	"fmt"
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
		fmt.Fprintf(os.Stderr, "mutants: %d not caught\n", missed)
		os.Exit(1)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "mutants:", err)
	os.Exit(2)
}

// study runs the variants that match, prints the table and returns how many were
// missed.
func (l *laboratory) study(pattern *regexp.Regexp, parallel int) (missed int, err error) {
	fmt.Println("| variant | what is broken | on | seeds | caught by |")
	fmt.Println("|---|---|---|---|---|")
	asIs := mutant{name: "none", what: "nothing", harmless: "it is the code as it is"}
	var results []chan result
	turn := make(chan struct{}, parallel)
	for _, m := range append([]mutant{asIs}, table()...) {
		if pattern.MatchString(m.name) {
			results = append(results, l.begin(m, turn))
		}
	}
	for _, r := range results {
		res := <-r
		if res.err != nil {
			return missed, fmt.Errorf("%s: %w", res.name, res.err)
		}
		fmt.Println(res.row(res.finding))
		fmt.Fprintf(os.Stderr, "%s: %v\n", res.name, res.took.Round(time.Second))
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

// begin examines a variant when it is its turn.
func (l *laboratory) begin(m mutant, turn chan struct{}) chan result {
	done := make(chan result, 1)
	go func() {
		turn <- struct{}{}
		defer func() { <-turn }()
		begun := time.Now()
		f, err := l.examine(m)
		done <- result{m, f, time.Since(begun), err}
	}()
	return done
}
