// Command chaosrun lets candidates, in processes of their own, live through whatever
// may happen to them and to a real redis-server, and judges what they did. See
// package chaos.
//
//	go run -C verification ./chaosrun -h
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/verification/chaos"
	"example.com/incumbent/verification/internal/command"
)

var about = command.Command{
	Name: "chaosrun",
	About: `Chaosrun has candidates campaign, in processes of their own, on a redis-server that it starts,
and lets happen to all of them what happens in a data centre. A checker judges what they did.
A seed repeats the plan of the faults, not the outcome.`,
	Examples: [][2]string{
		{"-for 2h", "two hours"},
		{"-for 10m -only STOP", "faults of some kinds only"},
		{"-for 10m -old 5512050", "every second candidate is of an older version"},
		{"-for 10m -lease 15s -candidates 3 -redis-server /opt/redis-8/bin/redis-server", "another server"},
	},
}

func main() {
	if chaos.RunRole() {
		return
	}
	o, code, done := options(os.Args[1:], os.Stdout, os.Stderr)
	if done {
		os.Exit(code)
	}
	os.Exit(run(o, os.Stdout, os.Stderr))
}

func run(o chaos.Options, out, errs io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if o.Old != "" {
		dir, err := os.MkdirTemp(o.Dir, "old")
		if err != nil {
			return about.Fail(errs, err)
		}
		defer os.RemoveAll(dir)
		if o.Old, err = chaos.BuildOld(ctx, o.Old, dir); err != nil {
			return about.Fail(errs, err)
		}
	}
	s, err := chaos.Run(ctx, o)
	if s != nil {
		fmt.Fprint(out, s)
	}
	switch {
	case s != nil && s.Failed():
		return command.Violated
	case err != nil:
		return about.Fail(errs, err)
	}
	return command.Held
}

// options reads the flags. If done, the command is to exit with code.
func options(args []string, out, errs io.Writer) (o chaos.Options, code int, done bool) {
	flags := about.Flags()
	flags.DurationVar(&o.For, "for", 10*time.Minute, "how `long`")
	flags.Uint64Var(&o.Seed, "seed", 1, "of the plan; the outcome is chance")
	flags.IntVar(&o.Candidates, "candidates", 5, "how many `processes` campaign")
	flags.DurationVar(&o.Lease, "lease", 2*time.Second, "the `lease` of the election")
	flags.StringVar(&o.RedisServer, "redis-server", server(), "the `path` of the redis-server to start; INCUMBENT_REDIS_SERVER names it, too")
	flags.StringVar(&o.Dir, "dir", os.TempDir(), "the `folder` for the journals of the run")
	flags.BoolVar(&o.Keep, "keep", false, "keep the journals also if nothing is found")
	flags.StringVar(&o.Only, "only", "", "faults whose kind contains this `text`; none fits: none happen")
	flags.StringVar(&o.Old, "old", "", "a `revision` in git: every second candidate runs as it was then")
	flags.StringVar(&o.JSON, "json", "", "a `file` for the summary, written every few seconds")
	quiet := flags.Bool("quiet", false, "no line every few seconds")
	if code, done = about.Parse(flags, args, out, errs); done {
		return o, code, true
	}
	if !*quiet {
		o.Progress = errs
	}
	if err := check(&o, flags); err != nil {
		return o, about.Refuse(errs, err), true
	}
	return o, 0, false
}

// check says what is wrong with the flags, and finds the server.
func check(o *chaos.Options, flags *flag.FlagSet) (err error) {
	switch {
	case flags.NArg() > 0:
		return fmt.Errorf("%q is no flag", flags.Arg(0))
	case o.For <= 0:
		return errors.New("-for is not positive")
	case o.Candidates < 1:
		return errors.New("-candidates: give at least 1")
	case o.Lease < heartbeat.MinLease || o.Lease > heartbeat.MaxLease:
		return fmt.Errorf("-lease %v: give %v to %v", o.Lease, heartbeat.MinLease, heartbeat.MaxLease)
	}
	if o.RedisServer, err = exec.LookPath(o.RedisServer); err != nil {
		return fmt.Errorf("%w; install redis-server or name one with -redis-server", err)
	}
	return nil
}

func server() string {
	if path := os.Getenv("INCUMBENT_REDIS_SERVER"); path != "" {
		return path
	}
	return "redis-server"
}
