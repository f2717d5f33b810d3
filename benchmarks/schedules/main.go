// Schedules measures how punctually jobs start, and what that costs, beside two
// schedulers that keep their state on Redis, too.
//
//	go run -C benchmarks ./schedules          # about eleven minutes
//	go run -C benchmarks ./schedules -quick   # about four
//
// Each line is a fresh process against a fresh server, on a CPU of its own where there are
// two.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"time"

	"example.com/incumbent/benchmarks/internal/host"
	"example.com/incumbent/benchmarks/internal/server"
)

// These have a process measure one cell, against the server at an address, and write a profile
// if there is a path.
const (
	cellVariable    = "INCUMBENT_SCHEDULES_CELL"
	addrVariable    = "INCUMBENT_SCHEDULES_ADDR"
	profileVariable = "INCUMBENT_SCHEDULES_PROFILE"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	run := measureAll
	if text := os.Getenv(cellVariable); text != "" {
		run = func(ctx context.Context) error { return play(ctx, text) }
	}
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "schedules:", err)
		os.Exit(1)
	}
}

// plan is what is measured.
func plan(quick bool) []cell {
	long := 40 * time.Second
	if quick {
		long = 10 * time.Second
	}
	var all []cell
	for _, size := range []int{10, 1000} {
		for _, system := range []string{"incumbent", "gocron", "asynq"} {
			all = append(all, cell{System: system, Jobs: size, Schedules: 1, Lasts: long})
		}
	}
	return append(all,
		cell{System: "incumbent", Jobs: 10_000, Schedules: 10, Spread: true, Lasts: 2 * long},
		cell{System: "incumbent", Jobs: 10_000, Schedules: 10, Lasts: long},
		cell{System: "incumbent", Jobs: 10, Schedules: 1, Lasts: 2 * long, Handovers: true},
		cell{System: "incumbent", Jobs: 1000, Schedules: 1, Spread: true, Lasts: 2 * long, Handovers: true},
	)
}

func measureAll(ctx context.Context) error {
	flags := flag.NewFlagSet("schedules", flag.ExitOnError)
	quick := flags.Bool("quick", false, "shorter: about four minutes instead of eleven")
	only := flags.String("only", "", "measure the lines that contain this alone")
	profile := flags.String("profile", "", "file to write a CPU profile of the last line to")
	_ = flags.Parse(os.Args[1:]) // it exits
	pins := host.Choose()
	fmt.Printf("%s\n%s\n%s\n%s\n\n", time.Now().Format(time.DateOnly), host.Machine(), pins.Note, strings.Join(append([]string{server.RedisVersion()}, host.Versions(
		"github.com/redis/go-redis/v9", "github.com/go-co-op/gocron/v2", "github.com/go-redsync/redsync/v4", "github.com/hibiken/asynq")...), ", "))
	fmt.Print(header)
	for _, c := range plan(*quick) {
		if !strings.Contains(c.String(), *only) {
			continue
		}
		r, err := c.measure(ctx, pins, *profile)
		if err != nil {
			return fmt.Errorf("%s: %w", c, err)
		}
		fmt.Println(r.row(c))
	}
	return nil
}

// measure runs a cell in a process of its own.
func (c cell) measure(ctx context.Context, pins host.Pins, profile string) (result, error) {
	redis, err := server.StartRedis(ctx, pins.Server)
	if err != nil {
		return result{}, err
	}
	defer redis.Stop()
	text, err := json.Marshal(c)
	if err != nil {
		return result{}, err
	}
	self, err := os.Executable()
	if err != nil {
		return result{}, err
	}
	var out strings.Builder
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), cellVariable+"="+string(text), addrVariable+"="+redis.Addr, profileVariable+"="+profile, "GOMAXPROCS=1")
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	if err := host.Start(cmd, pins.Client); err != nil {
		return result{}, err
	}
	if err := cmd.Wait(); err != nil {
		return result{}, err
	}
	var r result
	return r, json.Unmarshal([]byte(out.String()), &r)
}
