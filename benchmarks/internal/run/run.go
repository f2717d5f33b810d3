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
	for _, spec := range o.specs() {
		began := time.Now()
		r := o.measure(ctx, spec)
		if ctx.Err() != nil {
			return results, context.Cause(ctx)
		}
		outcome := "ok"
		if r.Error != "" {
			outcome = r.Error
		}
		fmt.Fprintf(o.Progress, "%-9s %6d  %-12s %5.1f s  %s\n", spec.Figure, spec.Size, spec.System, time.Since(began).Seconds(), outcome)
		results = append(results, r)
	}
	return results, nil
}

// specs lists the measurements, those that are compared with each other in a row.
func (o Options) specs() []cell.Spec {
	var specs []cell.Spec
	for _, f := range o.Figures {
		for _, size := range f.Sizes {
			if f.Alone {
				specs = append(specs, cell.Spec{Figure: f.Name, Size: size})
				continue
			}
			for _, s := range o.Systems {
				specs = append(specs, cell.Spec{System: s.Name, Figure: f.Name, Size: size})
			}
		}
	}
	for i := range specs {
		specs[i].Plan, specs[i].Profiles = o.Plan, o.Profiles
	}
	return specs
}

func (o Options) measure(ctx context.Context, spec cell.Spec) report.Result {
	r := report.Result{System: spec.System, Figure: spec.Figure, Size: spec.Size}
	figure, err := cell.FindFigure(spec.Figure)
	if err == nil && !figure.Alone {
		var system peer.System
		if system, err = peer.Find(spec.System); err == nil {
			r.Setup = system.Setup(figure.Lease)
		}
	}
	if err == nil {
		r.Values, err = o.measureFresh(ctx, spec, figure)
	}
	if err != nil {
		r.Error = err.Error()
	}
	return r
}

// measureFresh measures in a fresh process against fresh servers.
func (o Options) measureFresh(ctx context.Context, spec cell.Spec, figure cell.Figure) (cell.Values, error) {
	redis, err := server.StartRedis(ctx, o.Pins.Server)
	if err != nil {
		return nil, err
	}
	defer redis.Stop()
	spec.Redis = redis.Addr
	if err := prepare(ctx, spec, figure); err != nil {
		return nil, fmt.Errorf("preparing: %w", err)
	}
	return o.child(ctx, spec)
}

// prepare brings the elections into the state in which an ordinary start finds
// them.
func prepare(ctx context.Context, spec cell.Spec, figure cell.Figure) error {
	if figure.Alone {
		return nil
	}
	system, err := peer.Find(spec.System)
	if err != nil || system.Prepare == nil {
		return err
	}
	return system.Prepare(ctx, spec.Target(figure.Lease), cell.Elections(figure.Elections(spec)))
}

// child runs a measurement in a process of its own.
func (o Options) child(ctx context.Context, spec cell.Spec) (cell.Values, error) {
	cmd, err := cell.Role(cell.RoleCell, spec)
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
