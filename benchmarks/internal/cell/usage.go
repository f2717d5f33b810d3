package cell

import (
	"context"
	"runtime"
	"time"

	"example.com/incumbent/benchmarks/internal/host"
)

// use measures for a while what server and client use in a second.
func (b *bench) use(ctx context.Context, values Values) error {
	return b.profiled("window", func() error {
		client, began := host.CPU(), time.Now()
		before, err := b.meter.Read(ctx)
		if err != nil {
			return err
		}
		if err := sleep(ctx, b.Plan.Window); err != nil {
			return err
		}
		after, err := b.meter.Read(ctx)
		if err != nil {
			return err
		}
		seconds := time.Since(began).Seconds()
		values["client_cpu"] = (host.CPU() - client).Seconds() / seconds
		values["server_cpu"] = (after.CPU - before.CPU).Seconds() / seconds
		values["commands"] = (after.Commands - before.Commands) / seconds
		values["requests"] = (after.Requests - before.Requests) / seconds
		values["in"] = (after.In - before.In) / seconds
		values["out"] = (after.Out - before.Out) / seconds
		return nil
	})
}

// footprint is what this process holds.
type footprint struct {
	goroutines, heap, stack, sockets float64
}

func takeFootprint() footprint {
	runtime.GC()
	runtime.GC() // what the first one finalised
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return footprint{
		goroutines: float64(runtime.NumGoroutine()),
		heap:       float64(m.HeapAlloc),
		stack:      float64(m.StackInuse),
		sockets:    float64(host.Sockets()),
	}
}

// since writes what has come since before, for each of n.
func (f footprint) since(before footprint, n int, values Values) {
	values["goroutines"] = (f.goroutines - before.goroutines) / float64(n)
	values["heap"] = (f.heap - before.heap) / float64(n)
	values["stack"] = (f.stack - before.stack) / float64(n)
	values["connections"] = f.sockets - before.sockets
}
