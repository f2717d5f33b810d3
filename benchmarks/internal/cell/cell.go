// Package cell takes one measurement: one system, one figure, one size, in a
// fresh process against a fresh server.
package cell

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"sync"
	"time"

	"example.com/incumbent/benchmarks/internal/peer"
	"example.com/incumbent/benchmarks/internal/role"
	"example.com/incumbent/benchmarks/internal/server"
)

// Spec is what a process is to measure.
type Spec struct {
	System   string
	Figure   string
	Size     int // standbys, or elections
	Plan     Plan
	Redis    string // host:port; the server of most systems, and what PING is measured on
	Etcd     server.EtcdAddr
	Profiles string // folder for CPU profiles; empty: none
}

// Values are what was measured, by the names that the tables use.
type Values map[string]float64

// A Figure is one thing that is measured of each system.
type Figure struct {
	Name      string
	Sizes     []int
	Quick     []int // the sizes of a quick run
	Lease     time.Duration
	Elections func(Spec) int // how many it needs
	run       func(context.Context, *bench) (Values, error)
	Alone     bool // it is about the machine, not about a system
	Ours      bool // it is about this project alone
}

// Figures returns the figures in the order of the tables.
func Figures() []Figure {
	const lease = 3 * time.Second
	elections := func(n int) func(Spec) int { return func(Spec) int { return n } }
	return []Figure{
		{Name: "floors", Alone: true, Sizes: []int{0}, Quick: []int{0}, Elections: elections(0), run: floors},
		{Name: "acquire", Sizes: []int{0}, Quick: []int{0}, Lease: lease, Elections: acquired, run: acquire},
		{Name: "handover", Sizes: []int{1, 10, 100}, Quick: []int{1, 100}, Lease: lease, Elections: relayed, run: handover},
		{Name: "failover", Sizes: []int{3}, Quick: []int{3}, Lease: 2 * time.Second, Elections: killed, run: failover},
		{Name: "idle", Sizes: []int{1, 10, 100}, Quick: []int{100}, Lease: lease, Elections: elections(1), run: idle},
		{Name: "many", Sizes: []int{100, 1000, 10000}, Quick: []int{10000}, Lease: lease, Elections: sized, run: many},
		{Name: "pair", Ours: true, Sizes: []int{1000, 10000}, Quick: []int{10000}, Lease: lease, Elections: sized, run: pair},
		{Name: "fleet", Ours: true, Sizes: []int{10, 40}, Quick: []int{10}, Lease: lease, Elections: led, run: fleet},
		{Name: "pressure", Ours: true, Sizes: []int{1000, 5000, 10000}, Quick: []int{10000}, Lease: lease, Elections: sized, run: underPressure},
	}
}

// FindFigure returns the figure of that name.
func FindFigure(name string) (Figure, error) {
	for _, f := range Figures() {
		if f.Name == name {
			return f, nil
		}
	}
	return Figure{}, fmt.Errorf("no figure is called %q", name)
}

// Elections are the names of the elections that a measurement runs. None is part
// of another.
func Elections(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("election-%05d", i)
	}
	return names
}

// Target is where the nodes of a measurement find their server.
func (s Spec) Target(lease time.Duration) peer.Target {
	return peer.Target{Redis: s.Redis, Etcd: s.Etcd.Client, Lease: lease}
}

// bench is a measurement under way.
type bench struct {
	Spec

	system    peer.System
	target    peer.Target
	elections []string
	yardstick *yardstick
	meter     server.Meter
	following sync.Mutex // while meter begins to follow
}

// Measure takes one measurement.
func Measure(ctx context.Context, s Spec) (values Values, err error) {
	figure, err := FindFigure(s.Figure)
	if err != nil {
		return nil, err
	}
	b := &bench{Spec: s, target: s.Target(figure.Lease), elections: Elections(figure.Elections(s))}
	if !figure.Alone {
		if b.system, err = peer.Find(s.System); err != nil {
			return nil, err
		}
	}
	b.yardstick = newYardstick(s.Redis)
	defer b.yardstick.close()
	b.meter = b.newMeter()
	defer func() { err = errors.Join(err, b.meter.Close()) }()
	if _, err := b.meter.Read(ctx); err != nil { // so that its connection is there from now on
		return nil, err
	}
	ping, err := b.yardstick.pings(ctx, s.Plan.Pings)
	if err != nil {
		return nil, err
	}
	values, err = figure.run(ctx, b)
	if err == nil {
		values["ping"] = ping.Median
	}
	return values, err
}

// serve reads a [Spec] from stdin, measures, and writes the [Values] to stdout.
func serve(ctx context.Context) error {
	s, err := role.Orders[Spec]()
	if err != nil {
		return err
	}
	values, err := Measure(ctx, s)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(values)
}

func (b *bench) newMeter() server.Meter {
	if b.system.Server == peer.Etcd {
		return server.NewEtcdMeter(b.Etcd, peer.EtcdPrefix)
	}
	return server.NewRedisMeter(b.Redis, b.system.Renewals)
}

// profiled runs f, under the profiler if profiles are wanted.
func (b *bench) profiled(phase string, f func() error) error {
	if b.Profiles == "" {
		return f()
	}
	name := strings.TrimLeft(fmt.Sprintf("%s-%s-%d-%s.prof", b.System, b.Figure, b.Size, phase), "-")
	file, err := os.Create(filepath.Join(b.Profiles, name))
	if err != nil {
		return err
	}
	defer file.Close()
	if err := pprof.StartCPUProfile(file); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	return f()
}
