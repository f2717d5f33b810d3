// Command mutants shows that the simulation would notice if the code were wrong.
// It runs the simulation against variants of the code that are broken on purpose,
// and prints for each in how many seeds it is caught, and by which rule.
//
//	go run ./internal/sim/mutants                    # all, a few minutes
//	go run ./internal/sim/mutants -run 'anchor|push' # some
//	go run ./internal/sim/mutants -run '^none$'      # the code as it is
//
// A variant is a small patch of a file, applied by go test -overlay: the files
// themselves stay as they are. A patch whose text is not found exactly once is an
// error, so that this table cannot rot unseen. The exit code is 1 if a variant is
// caught in no seed although nothing in the table excuses it.
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"time"
)

func main() {
	which := flag.String("run", "", "only the variants whose name matches")
	seeds := flag.Int("seeds", 40, "seeds for each variant")
	hours := flag.Float64("hours", 0.3, "simulated hours of each seed")
	from := flag.Int("from", 1, "the first seed")
	flag.Parse()
	pattern, err := regexp.Compile(*which)
	if err != nil {
		fail(err)
	}
	l := &laboratory{seeds: *seeds, hours: *hours, from: *from}
	if err := l.open(); err != nil {
		fail(err)
	}
	missed, err := l.study(pattern)
	l.close()
	if err != nil {
		fail(err)
	}
	if missed > 0 {
		os.Exit(1)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "mutants:", err)
	os.Exit(2)
}

// study runs the variants that match, prints the table and returns how many were
// missed.
func (l *laboratory) study(pattern *regexp.Regexp) (missed int, err error) {
	fmt.Println("| variant | what is broken | server | caught in | by |")
	fmt.Println("|---|---|---|---|---|")
	for _, m := range append([]mutant{{name: "none", what: "nothing", harmless: "it is the code as it is"}}, table()...) {
		if !pattern.MatchString(m.name) {
			continue
		}
		begun := time.Now()
		f, err := l.examine(m)
		if err != nil {
			return missed, fmt.Errorf("%s: %w", m.name, err)
		}
		fmt.Println(m.row(f))
		fmt.Fprintf(os.Stderr, "%s: %v\n", m.name, time.Since(begun).Round(time.Second))
		if f.caught() == 0 && m.harmless == "" {
			missed++
		}
	}
	return missed, nil
}
