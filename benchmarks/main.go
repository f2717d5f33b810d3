// Benchmarks measures this project and its peers side by side, on servers that it
// starts and ends itself.
//
//	go run -C benchmarks . -quick                        # about four minutes
//	go run -C benchmarks . -out results                  # everything: about 40 minutes
//	go run -C benchmarks . -only incumbent,handover=10   # one system, one figure
//
// Every measurement is a fresh process against a fresh server. Where there are two
// CPUs, servers run on one and clients on another.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"example.com/incumbent/benchmarks/internal/cell"
	"example.com/incumbent/benchmarks/internal/host"
	"example.com/incumbent/benchmarks/internal/report"
	"example.com/incumbent/benchmarks/internal/run"
	"example.com/incumbent/benchmarks/internal/server"
)

func main() { os.Exit(code(os.Args[1:])) }

func code(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	played, err := cell.Play(ctx)
	if !played && err == nil {
		err = benchmark(ctx, args)
	}
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return 0
	}
	fmt.Fprintln(os.Stderr, "benchmarks:", err)
	return 1
}

// options are the flags.
type options struct {
	quick    bool
	only     string
	out      string
	from     string
	profiles string
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("benchmarks", flag.ContinueOnError)
	flags.BoolVar(&o.quick, "quick", false, "fewer sizes and shorter: about four minutes instead of about 40")
	flags.StringVar(&o.only, "only", "", "systems and figures to measure, with commas between; a figure may name a size: handover=10")
	flags.StringVar(&o.out, "out", "", "folder to write results.json, results.md and the charts to; default: only print")
	flags.StringVar(&o.from, "from", "", "measure nothing, show this results.json instead")
	flags.StringVar(&o.profiles, "profiles", "", "folder to write CPU profiles of the measuring processes to")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("what is %q? See -help", flags.Arg(0))
	}
	return o, nil
}

func benchmark(ctx context.Context, args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	r, err := o.results(ctx, args)
	if err != nil {
		return err
	}
	report.Markdown(os.Stdout, r)
	return errors.Join(o.write(r), r.Failed())
}

func (o options) results(ctx context.Context, args []string) (r report.Report, err error) {
	if o.from != "" {
		text, err := os.ReadFile(o.from)
		if err != nil {
			return r, err
		}
		return r, json.Unmarshal(text, &r)
	}
	r = report.Report{
		Date:     time.Now(),
		Mode:     "full",
		Command:  strings.Join(append([]string{"go run -C benchmarks ."}, args...), " "),
		Machine:  host.Machine(),
		Versions: append([]string{server.RedisVersion()}, host.Versions(modules()...)...),
		Plan:     cell.Full(),
	}
	if o.quick {
		r.Mode, r.Plan = "quick", cell.Quick()
	}
	r.Results, err = o.measure(ctx, &r)
	r.Took = time.Since(r.Date)
	return r, err
}

func (o options) measure(ctx context.Context, r *report.Report) ([]report.Result, error) {
	selection, err := run.Select(o.only, o.quick)
	if err != nil {
		return nil, err
	}
	if err := makeFolders(o.out, o.profiles); err != nil {
		return nil, err
	}
	profiles, err := filepath.Abs(o.profiles)
	if o.profiles == "" {
		profiles = ""
	}
	if err != nil {
		return nil, err
	}
	pins := host.Choose()
	r.Pins = pins.Note
	return run.All(ctx, run.Options{
		Selection: selection, Plan: r.Plan, Pins: pins, Profiles: profiles, Progress: os.Stderr,
	})
}

func makeFolders(names ...string) error {
	for _, name := range names {
		if name == "" {
			continue
		}
		if err := os.MkdirAll(name, 0o755); err != nil {
			return err
		}
	}
	return nil
}

// modules are those whose versions matter.
func modules() []string {
	return []string{
		"github.com/redis/go-redis/v9", "github.com/go-redsync/redsync/v4", "github.com/bsm/redislock", "github.com/redis/rueidis",
		"k8s.io/client-go", "go.etcd.io/etcd/client/v3", "go.etcd.io/etcd/server/v3",
	}
}

// write keeps a report in files.
func (o options) write(r report.Report) error {
	if o.out == "" {
		return nil
	}
	if err := makeFolders(o.out); err != nil {
		return err
	}
	text, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	var tables strings.Builder
	report.Markdown(&tables, r)
	return errors.Join(
		os.WriteFile(filepath.Join(o.out, "results.json"), append(text, '\n'), 0o644),
		os.WriteFile(filepath.Join(o.out, "results.md"), []byte(tables.String()), 0o644),
		report.Charts(o.out, r),
	)
}
