// Locks measures locks of names that come and go, beside three libraries for locks on Redis.
//
//	go run -C benchmarks ./locks          # about six minutes
//	go run -C benchmarks ./locks -quick   # about two
//
// Each cell is a fresh process against a fresh server, on a CPU of its own where there are
// two.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"time"

	"example.com/incumbent/benchmarks/internal/host"
	"example.com/incumbent/benchmarks/internal/server"
)

// These have a process measure one cell, against the server at an address.
const (
	cellVariable = "INCUMBENT_LOCKS_CELL"
	addrVariable = "INCUMBENT_LOCKS_ADDR"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	run := measureAll
	if text := os.Getenv(cellVariable); text != "" {
		run = func(ctx context.Context) error { return play(ctx, text, os.Stdout) }
	}
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "locks:", err)
		os.Exit(1) //nolint:gocritic // there is nothing left to stop
	}
}

func measureAll(ctx context.Context) error {
	flags := flag.NewFlagSet("locks", flag.ExitOnError)
	quick := flags.Bool("quick", false, "fewer calls: about two minutes instead of six")
	only := flags.String("only", "", "measure the cells whose names contain this alone")
	_ = flags.Parse(os.Args[1:]) // it exits
	pins := host.Choose()
	fmt.Printf("%s\n%s\n%s\n%s\n%s\n", time.Now().Format(time.DateTime), host.Machine(), load(), pins.Note, strings.Join(append([]string{server.RedisVersion()}, host.Versions(
		"github.com/redis/go-redis/v9", "github.com/bsm/redislock", "github.com/go-redsync/redsync/v4", "github.com/redis/rueidis")...), ", "))
	amount := full
	if *quick {
		amount = short
	}
	err := measure(ctx, plan(amount), *only, pins, os.Stdout)
	fmt.Println("\n" + load())
	return err
}

// load is what else the machine does: how many processes run or wait for a CPU.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "load unknown"
	}
	return "load of the last 1, 5 and 15 minutes, and now: " + strings.TrimSpace(string(text))
}

// measure measures one cell after the other, and writes a table for each kind of them. What cannot
// be measured keeps nothing else from it.
func measure(ctx context.Context, cells []cell, only string, pins host.Pins, out io.Writer) error {
	kind := ""
	var errs []error
	for _, c := range cells {
		if !strings.Contains(c.String(), only) {
			continue
		}
		if c.Kind != kind {
			kind = c.Kind
			fmt.Fprint(out, "\n"+kinds[kind].header)
		}
		if err := c.measure(ctx, pins, out); err != nil {
			fmt.Fprintf(out, "| %s | failed |\n", c)
			errs = append(errs, fmt.Errorf("%s: %w", c, err))
		}
	}
	return errors.Join(errs...)
}

// measure runs a cell in a process of its own, which writes its lines of the table.
func (c cell) measure(ctx context.Context, pins host.Pins, out io.Writer) error {
	redis, err := server.StartRedis(ctx, pins.Server)
	if err != nil {
		return err
	}
	defer redis.Stop()
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), cellVariable+"="+string(text), addrVariable+"="+redis.Addr, "GOMAXPROCS=1")
	cmd.Stdout, cmd.Stderr = out, os.Stderr
	if err := host.Start(cmd, pins.Client); err != nil {
		return err
	}
	return cmd.Wait()
}
