package main

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"example.com/incumbent/benchmarks/internal/host"
	"example.com/incumbent/benchmarks/internal/server"
)

const uncontendedHeader = `| lock and unlock, nobody else wants it | calls | p50, µs | p99 | mean | allocations | bytes | commands | requests | client CPU, µs | server CPU, µs | connections made |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
`

// A contender is one system and what its calls have cost so far.
type contender struct {
	name string
	locker

	times          []time.Duration
	objects, bytes uint64 // allocated
	client         time.Duration
	server         server.Usage
}

// playUncontended has systems take turns, so that all see the same machine. The first round
// only makes connections, and warms up.
func playUncontended(ctx context.Context, b *bench) error {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	var all []*contender
	for _, system := range lockers {
		l, err := system.open(b.addr)
		if err != nil {
			return err
		}
		defer l.close()
		c := &contender{name: system.name, locker: l, times: make([]time.Duration, 0, b.Amount.Rounds*b.Amount.Calls)}
		if err := c.calls(ctx, names("warm", b.Amount.Calls)); err != nil {
			return err
		}
		c.times = c.times[:0]
		all = append(all, c)
	}
	for round := range b.Amount.Rounds {
		list := names(fmt.Sprint("order-", round), b.Amount.Calls)
		for i := range all {
			if err := all[(round+i)%len(all)].round(ctx, list, b.meter); err != nil {
				return err
			}
		}
	}
	for _, c := range all {
		fmt.Fprintln(b.out, c.row())
	}
	return nil
}

func names(prefix string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("%s-%d", prefix, i)
	}
	return list
}

// calls locks and unlocks each name once.
func (c *contender) calls(ctx context.Context, names []string) error {
	nothing := func() {}
	for _, name := range names {
		began := time.Now()
		if err := c.do(ctx, name, nothing); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		c.times = append(c.times, time.Since(began))
	}
	return nil
}

// round measures as many calls as there are names.
func (c *contender) round(ctx context.Context, names []string, meter server.Meter) error {
	before, err := meter.Read(ctx)
	if err != nil {
		return err
	}
	var m, n runtime.MemStats
	runtime.ReadMemStats(&m)
	cpu := host.CPU()
	if err := c.calls(ctx, names); err != nil {
		return err
	}
	c.client += host.CPU() - cpu
	runtime.ReadMemStats(&n)
	c.objects += n.Mallocs - m.Mallocs
	c.bytes += n.TotalAlloc - m.TotalAlloc
	after, err := meter.Read(ctx)
	if err != nil {
		return err
	}
	c.server.CPU += after.CPU - before.CPU
	c.server.Commands += after.Commands - before.Commands
	c.server.Requests += after.Requests - before.Requests
	c.server.Connections += after.Connections - before.Connections
	return nil
}

func (c *contender) row() string {
	var sum time.Duration
	for _, t := range c.times {
		sum += t
	}
	n, is := float64(len(c.times)), summarise(c.times)
	micros := func(d time.Duration) float64 { return d.Seconds() * 1e6 }
	return fmt.Sprintf("| %s | %d | %.0f | %.0f | %.0f | %.1f | %.0f | %.2f | %.2f | %.0f | %.0f | %.0f |",
		c.name, is.n, micros(is.p50), micros(is.p99), micros(sum)/n, float64(c.objects)/n, float64(c.bytes)/n,
		c.server.Commands/n, c.server.Requests/n, micros(c.client)/n, micros(c.server.CPU)/n, c.server.Connections)
}
