// Package command is what the commands of this module have in common: how they read their
// flags, explain themselves, and exit.
package command

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"text/tabwriter"
)

// The exit codes of all commands.
const (
	Held      = 0 // nothing was found
	Violated  = 1 // a promise was broken, or a mistake that is made on purpose was not noticed
	Usage     = 2 // the command was called wrongly, or a program that it needs is missing
	Undecided = 3 // the run itself failed, or did not look at everything
)

// codes explains them to who asks for help.
const codes = `Exit codes:
  0  held: nothing was found
  1  a promise was broken, or a mistake that is made on purpose was not noticed
  2  called wrongly, or a program that it needs is missing
  3  undecided: the run itself failed, or did not look at everything
go run prints a code that is not 0, and exits with 1 itself.
`

// A Command is its name and what it says of itself besides its flags.
type Command struct {
	Name     string      // the folder that it lies in, too
	About    string      // whole sentences, in lines
	Examples [][2]string // flags, and what they are for
}

// Flags returns an empty set of flags for c.
func (c Command) Flags() *flag.FlagSet {
	flags := flag.NewFlagSet(c.Name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Usage = func() {} // Parse says what is to be said
	return flags
}

// Parse reads the flags. If done, the command is to exit with code: help was asked for and
// is on out, or a flag is wrong and errs says which.
func (c Command) Parse(flags *flag.FlagSet, args []string, out, errs io.Writer) (code int, done bool) {
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		c.help(flags, out)
		return Held, true
	case err != nil:
		return c.Refuse(errs, err), true
	}
	return 0, false
}

// Refuse says what is wrong with the flags, and returns [Usage].
func (c Command) Refuse(errs io.Writer, why error) int {
	fmt.Fprintf(errs, "%s: %v; -h explains the flags\n", c.Name, why)
	return Usage
}

// Fail says why the run could not be finished, and returns [Undecided].
func (c Command) Fail(errs io.Writer, why error) int {
	fmt.Fprintf(errs, "%s: %v\n", c.Name, why)
	return Undecided
}

func (c Command) help(flags *flag.FlagSet, out io.Writer) {
	fmt.Fprintf(out, "%s\n\nExamples, from the folder of the library:\n", c.About)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, e := range c.Examples {
		fmt.Fprintf(table, "  go run -C verification ./%s %s\t# %s\n", c.Name, e[0], e[1])
	}
	_ = table.Flush() // to the same place as all the rest
	fmt.Fprint(out, "Names of files are relative to the folder verification then.\n\nFlags:\n")
	flags.SetOutput(out)
	flags.PrintDefaults()
	flags.SetOutput(io.Discard)
	fmt.Fprint(out, "\n", codes)
}
