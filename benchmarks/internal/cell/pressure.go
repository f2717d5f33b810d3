package cell

import (
	"context"
	"os/exec"
	"runtime"
	"sync"
	"time"

	"example.com/incumbent/benchmarks/internal/role"
)

// A pressure is a condition under which a process that leads many elections has
// to keep them.
type pressure struct {
	name  string
	apply func(ctx context.Context, b *bench) (relieve func(), err error)
}

const (
	workers  = 4                     // that compute without a pause, each a process
	distance = 50 * time.Millisecond // one way
)

// pressures are tried one after the other, each with a fresh node.
func pressures() []pressure {
	return []pressure{
		{"single", singleThread},
		{"busy", otherWork},
		{"distant", farAway},
	}
}

// underPressure measures how many leases a process that leads many elections
// loses when it has one thread to run Go code on, when its CPU is saturated by
// others, and when its server is far away. It has one thread in each case, if it
// is bound to one CPU.
func underPressure(ctx context.Context, b *bench) (Values, error) {
	values := Values{}
	for _, p := range pressures() {
		if err := b.press(ctx, p, values); err != nil {
			return nil, err
		}
	}
	return values, nil
}

func (b *bench) press(ctx context.Context, p pressure, values Values) error {
	relieve, err := p.apply(ctx, b)
	if err != nil {
		return err
	}
	defer relieve()
	node, err := b.system.Open(b.target)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	c := newCrowd(node, b.Size)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	began := time.Now()
	running.Go(func() { c.start(ctx, b.elections, b.system.Ramp) })
	values[p.name+"_all"] = -1
	select {
	case <-c.all:
		values[p.name+"_all"] = time.Since(began).Seconds()
	case <-time.After(b.Plan.Patience):
	}
	err = sleep(ctx, b.Plan.Window)
	values[p.name+"_leading"], values[p.name+"_lost"] = float64(c.leading.Load()), float64(c.lost.Load())
	return err
}

func singleThread(context.Context, *bench) (relieve func(), err error) {
	before := runtime.GOMAXPROCS(1)
	return func() { runtime.GOMAXPROCS(before) }, nil
}

// otherWork keeps the CPU that this process is bound to busy, with processes that
// have as much right to it as this one.
func otherWork(context.Context, *bench) (relieve func(), err error) {
	var all []*exec.Cmd
	relieve = func() {
		for _, cmd := range all {
			_ = cmd.Process.Kill() // it runs
			_ = cmd.Wait()         // reports that it was killed
		}
	}
	for range workers {
		cmd, err := role.Command(role.Worker, struct{}{})
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			relieve()
			return nil, err
		}
		all = append(all, cmd)
	}
	return relieve, nil
}

// compute keeps a CPU busy until the process is killed.
func compute(ctx context.Context) error {
	for ctx.Err() == nil {
	}
	return nil
}

// farAway puts a long line between this process and its server.
func farAway(_ context.Context, b *bench) (relieve func(), err error) {
	l, err := startLine(b.target.Redis, distance)
	if err != nil {
		return nil, err
	}
	near := b.target.Redis
	b.target.Redis = l.addr()
	return func() {
		b.target.Redis = near
		l.close()
	}, nil
}
