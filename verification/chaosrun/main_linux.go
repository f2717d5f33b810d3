// Command chaosrun lets candidates, in processes of their own, live through whatever
// may happen to them and to a real redis-server, and judges what they did. See
// package chaos.
//
//	go run -C verification ./chaosrun -for 2h -seed 1
//
// Exit codes: 0 nothing was found, 1 something was, 2 wrong usage, 3 the run itself
// failed.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"example.com/incumbent/verification/chaos"
)

func main() {
	if chaos.RunRole() {
		return
	}
	os.Exit(run(options()))
}

func run(o chaos.Options) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	s, err := chaos.Run(ctx, o)
	if s != nil {
		fmt.Print(s)
	}
	switch {
	case s != nil && s.Failed():
		return 1
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		return 3
	}
	return 0
}

func options() chaos.Options {
	var o chaos.Options
	flag.DurationVar(&o.For, "for", 10*time.Minute, "how long")
	flag.Uint64Var(&o.Seed, "seed", 1, "of the plan; the outcome is chance")
	flag.IntVar(&o.Candidates, "candidates", 5, "how many `processes` campaign")
	flag.DurationVar(&o.Lease, "lease", 2*time.Second, "of the election")
	flag.StringVar(&o.RedisServer, "redis-server", server(), "the `path` of the redis-server to start")
	flag.StringVar(&o.Dir, "dir", os.TempDir(), "where the journals of the run go")
	flag.BoolVar(&o.Keep, "keep", false, "keep the journals also if nothing is found")
	flag.StringVar(&o.Only, "only", "", "faults whose kind contains this `text`; none fits: none happen")
	flag.StringVar(&o.JSON, "json", "", "a `file` for the summary, written every few seconds")
	quiet := flag.Bool("quiet", false, "no line every few seconds")
	flag.Parse()
	if !*quiet {
		o.Progress = os.Stderr
	}
	if flag.NArg() > 0 || o.Candidates < 1 {
		flag.Usage()
		os.Exit(2)
	}
	path, err := exec.LookPath(o.RedisServer)
	if err != nil {
		fmt.Fprintf(os.Stderr, "chaosrun: %v; install redis-server or name one with -redis-server\n", err)
		os.Exit(2)
	}
	o.RedisServer = path
	return o
}

func server() string {
	if path := os.Getenv("INCUMBENT_REDIS_SERVER"); path != "" {
		return path
	}
	return "redis-server"
}
