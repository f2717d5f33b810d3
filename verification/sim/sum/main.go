// Command sum adds up the results of several runs of the simulation.
//
//	go run -C verification ./sim/sum a.json b.json > all.json
//
// The files are what INCUMBENT_SIM_RESULT names; see package sim. The sum goes to
// the standard output as JSON, and for people to the standard error.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"example.com/incumbent/verification/sim"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "sum: name the files to add up")
		os.Exit(2)
	}
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "sum:", err)
		os.Exit(1)
	}
}

func run(files []string) error {
	all := sim.NewSummary()
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		one := sim.NewSummary()
		if err := json.Unmarshal(b, one); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		all.Merge(one)
	}
	fmt.Fprintln(os.Stderr, all)
	return json.NewEncoder(os.Stdout).Encode(all)
}
