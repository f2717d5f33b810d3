// Package run takes all measurements, one after the other.
package run

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"example.com/incumbent/benchmarks/internal/cell"
	"example.com/incumbent/benchmarks/internal/host"
	"example.com/incumbent/benchmarks/internal/peer"
	"example.com/incumbent/benchmarks/internal/report"
	"example.com/incumbent/benchmarks/internal/role"
	"example.com/incumbent/benchmarks/internal/server"
)

// Options say what to measure.
type Options struct {
	Selection

	Plan     cell.Plan
	Pins     host.Pins
	Profiles string    // folder for CPU profiles; empty: none
	Progress io.Writer // gets a line for each measurement
}

// All takes the measurements. One that fails stands in the results with its
// error, and the others go on; All itself fails when ctx ends.
func All(ctx context.Context, o Options) ([]report.Result, error) {
	var results []report.Result
	floor := 0.0
	for _, c := range o.choices() {
		began := time.Now()
		r := o.measure(ctx, c)
		if ctx.Err() != nil {
			return results, context.Cause(ctx)
		}
		outcome := "ok"
		if r.Error != "" {
			outcome = r.Error
		}
		fmt.Fprintf(o.Progress, "%-9s %6d  %-12s %5.1f s  %s\n", r.Figure, r.Size, r.System, time.Since(began).Seconds(), outcome)
		floor = max(floor, r.Values[cell.HandoverFloor])
		if r.Values != nil && floor > 0 {
			r.Values[cell.HandoverFloor] = floor
		}
		results = append(results, r)
	}
	return results, nil
}

// choice is one measurement. A figure that stands alone has no system.
type choice struct {
	figure cell.Figure
	size   int
	system peer.System
}

// choices lists the measurements, those that are compared with each other in a
// row.
func (o Options) choices() []choice {
	var all []choice
	for _, f := range o.Figures {
		for _, size := range f.Sizes {
			if f.Alone {
				all = append(all, choice{figure: f, size: size})
				continue
			}
			for _, s := range o.Systems {
				if !f.Ours || s.Name == peer.Ours {
					all = append(all, choice{f, size, s})
				}
			}
		}
	}
	return all
}

func (o Options) measure(ctx context.Context, c choice) report.Result {
	r := report.Result{System: c.system.Name, Figure: c.figure.Name, Size: c.size}
	if c.system.Setup != nil {
		r.Setup = c.system.Setup(c.figure.Lease)
	}
	var err error
	if r.Values, err = o.measureFresh(ctx, c); err != nil {
		r.Error = err.Error()
	}
	return r
}

// measureFresh measures in a fresh process against fresh servers.
func (o Options) measureFresh(ctx context.Context, c choice) (cell.Values, error) {
	system, figure := c.system, c.figure
	spec := cell.Spec{System: system.Name, Figure: figure.Name, Size: c.size, Plan: o.Plan, Profiles: o.Profiles}
	redis, err := server.StartRedis(ctx, o.Pins.Server)
	if err != nil {
		return nil, err
	}
	defer redis.Stop()
	spec.Redis = redis.Addr
	if system.Server == peer.Etcd {
		etcd, addr, err := server.StartEtcd(o.Pins.Server)
		if err != nil {
			return nil, err
		}
		defer etcd.Stop()
		spec.Etcd = addr
	}
	if system.Prepare != nil {
		elections := cell.Elections(figure.Elections(spec))
		if err := system.Prepare(ctx, spec.Target(figure.Lease), elections); err != nil {
			return nil, fmt.Errorf("preparing: %w", err)
		}
	}
	return o.child(ctx, spec)
}

// child runs a measurement in a process of its own.
func (o Options) child(ctx context.Context, spec cell.Spec) (cell.Values, error) {
	cmd, err := role.Command(role.Cell, spec)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := host.Start(cmd, o.Pins.Client); err != nil {
		return nil, err
	}
	defer context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })()
	if err := cmd.Wait(); err != nil {
		return nil, errors.Join(fmt.Errorf("the measuring process: %w", err), context.Cause(ctx))
	}
	var values cell.Values
	err = json.Unmarshal(out.Bytes(), &values)
	return values, err
}
