package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/verification/internal/command"
	"example.com/incumbent/verification/sim"
)

var errMild = errors.New("no fence refused anything: the faults were too mild to show anything")

var about = command.Command{
	Name: "simrun",
	About: `Simrun runs electors through faults of every kind, on clocks that lie, for simulated hours:
one seed after the other, and a checker judges what they do. A seed repeats its run.`,
	Examples: [][2]string{
		{"", "as many seeds as the tests run, on both servers"},
		{"-store register -seeds 10000", "a long run"},
		{"-store redis -seeds 1 -from 4711 -trace t", "one seed, and its whole history in a file"},
		{"-store register -seeds 1000 -model", "the model of elections follows each run"},
		{"-store register -lease 15s -hours 10 -seeds 5000 -result 1.json", "when it was cut, the same again goes on"},
		{"-sum 1.json 2.json > all.json", "adds up results"},
	},
}

// options is what the flags say.
type options struct {
	store  string
	seeds  int
	from   uint64
	hours  float64
	lease  time.Duration
	limit  time.Duration
	first  bool
	model  bool
	result string
	trace  string
	sum    bool
	files  []string
}

func (o *options) flags() *flag.FlagSet {
	flags := about.Flags()
	flags.StringVar(&o.store, "store", "", "the `server`: register, which is a map, or redis, which is miniredis with the real client and scripts (default: both)")
	flags.IntVar(&o.seeds, "seeds", 0, "how `many` (default: 120 on a register, 40 on redis)")
	flags.Uint64Var(&o.from, "from", 1, "the first `seed`")
	flags.Float64Var(&o.hours, "hours", 0, "simulated `hours` of each seed (default: 20 minutes on a register, 10 on redis)")
	flags.DurationVar(&o.lease, "lease", 0, "the `lease` that most processes have (default: each seed draws one)")
	flags.DurationVar(&o.limit, "for", 0, "the seed that runs after so `long` is the last (default: no limit)")
	flags.BoolVar(&o.first, "first", false, "end at the first seed that breaks a promise")
	flags.BoolVar(&o.model, "model", false, "have the model of elections follow each run, in place of the checker: what it has no step for is refused")
	flags.StringVar(&o.result, "result", "", "a `file` for the summary as JSON; a run that was cut goes on from it; needs -store")
	flags.StringVar(&o.trace, "trace", "", "a `file` to which whole histories are appended")
	flags.BoolVar(&o.sum, "sum", false, "add up the results in the files that are named; no seed is run")
	return flags
}

// read reads the flags. If done, the command is to exit with code.
func (o *options) read(args []string, out, errs io.Writer) (code int, done bool) {
	flags := o.flags()
	if code, done := about.Parse(flags, args, out, errs); done {
		return code, true
	}
	o.files = flags.Args()
	if err := o.check(flags.NFlag()); err != nil {
		return about.Refuse(errs, err), true
	}
	return 0, false
}

// check says what is wrong with the flags, of which so many are set.
func (o *options) check(set int) error {
	switch {
	case o.sum && (set > 1 || len(o.files) == 0):
		return errors.New("-sum takes the names of files to add up, and no other flags")
	case o.sum:
		return nil
	case len(o.files) > 0:
		return fmt.Errorf("%q is no flag; files are for -sum", o.files[0])
	case o.store != "" && o.store != string(sim.OnRegister) && o.store != string(sim.OnRedis):
		return fmt.Errorf("-store %s: give %s or %s, or leave it out for both", o.store, sim.OnRegister, sim.OnRedis)
	case o.seeds < 0 || o.hours < 0 || o.limit < 0:
		return errors.New("-seeds, -hours and -for are not negative")
	case o.lease != 0 && (o.lease < heartbeat.MinLease || o.lease > heartbeat.MaxLease):
		return fmt.Errorf("-lease %v: give %v to %v", o.lease, heartbeat.MinLease, heartbeat.MaxLease)
	case o.result != "" && o.store == "":
		return errors.New("-result is of one server: give -store, too")
	}
	return nil
}

// series are the series that were asked for.
func (o *options) series() (all []sim.Series) {
	stores := []sim.Store{sim.OnRegister, sim.OnRedis}
	if o.store != "" {
		stores = []sim.Store{sim.Store(o.store)}
	}
	for _, store := range stores {
		seeds, span := store.Usual()
		if o.seeds > 0 {
			seeds = o.seeds
		}
		if o.hours > 0 {
			span = time.Duration(o.hours * float64(time.Hour))
		}
		all = append(all, sim.Series{
			Each: sim.Run{Store: store, Span: span, Lease: o.lease, Model: o.model},
			From: o.from, Seeds: seeds, For: o.limit, First: o.first, Result: o.result,
		})
	}
	return all
}
