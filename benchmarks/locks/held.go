package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/benchmarks/internal/host"
	"example.com/incumbent/benchmarks/internal/peer"
	"example.com/incumbent/benchmarks/internal/server"
	"example.com/incumbent/lock"
)

const heldHeader = `| one process holds | commands/s | requests/s | server CPU | client CPU | lost | memory of the server: held, kB | given up | keys left |
|---|---:|---:|---:|---:|---:|---:|---:|---:|
`

const (
	ourLocks = "incumbent, locks"
	lease    = 3 * time.Second
	settling = 2 * time.Second // after a start and after an end
)

// playHeld has one process take many names, watches it hold them, and has it give them up.
func playHeld(ctx context.Context, b *bench) error {
	rdb := redis.NewClient(&redis.Options{Addr: b.addr, PoolSize: 1})
	defer rdb.Close()
	if err := rdb.DBSize(ctx).Err(); err != nil { // connected before memory is read
		return err
	}
	idle, err := b.meter.Read(ctx)
	if err != nil {
		return err
	}
	target := peer.Target{Redis: b.addr, Lease: lease}
	system, names := find(b.System), names("order", b.Size)
	if system.Prepare != nil {
		if err := system.Prepare(ctx, target, names); err != nil {
			return err
		}
	}
	node, err := system.Open(target)
	if err != nil {
		return err
	}
	c, err := lead(ctx, node, names, system.Ramp)
	if err != nil {
		return err
	}
	sleep(ctx, settling)
	r := watch{}
	if err := r.read(ctx, b); err != nil {
		return err
	}
	r.lost = c.lost.Load()
	c.end()
	sleep(ctx, settling)
	after, err := b.meter.Read(ctx)
	if err != nil {
		return err
	}
	keys, err := rdb.DBSize(ctx).Result()
	if err != nil {
		return err
	}
	kilobytes := func(u server.Usage) float64 { return (u.Memory - idle.Memory) / 1024 }
	fmt.Fprintf(b.out, "| %s: %d names | %.0f | %.0f | %.4f | %.4f | %d | %.0f | %.0f | %d |\n",
		b.System, b.Size, r.commands, r.requests, r.server, r.client, r.lost, kilobytes(r.last), kilobytes(after), keys)
	return node.Close()
}

// find returns one of the systems that elections are compared with, or locks.
func find(name string) peer.System {
	if s, err := peer.Find(name); err == nil {
		return s
	}
	return peer.System{Open: func(t peer.Target) (peer.Node, error) {
		l, err := newIncumbent(t.Redis, t.Lease)
		return locksNode{l}, err
	}}
}

// A locksNode holds locks of ours as long as others lead.
type locksNode struct{ *incumbent }

func (n locksNode) Lead(ctx context.Context, name string, elected func()) error {
	return n.locks.Do(ctx, name, func(ctx context.Context, _ lock.Term) error {
		elected()
		<-ctx.Done() // also if the lock is lost
		return nil
	})
}

func (n locksNode) Close() error { return n.close() }

// A crowd is many names that one process holds.
type crowd struct {
	stop  context.CancelFunc
	all   sync.WaitGroup
	ended atomic.Bool
	lost  atomic.Int64
	why   sync.Once // tells why the first one was
}

// lead returns when all names are held. At most ramp at a time are not held yet, where a system
// needs that.
func lead(ctx context.Context, node peer.Node, names []string, ramp int) (*crowd, error) {
	c := &crowd{}
	ctx, c.stop = context.WithCancel(ctx)
	if ramp == 0 {
		ramp = len(names)
	}
	places := make(chan struct{}, ramp)
	var missing sync.WaitGroup
	for _, name := range names {
		places <- struct{}{}
		missing.Add(1)
		c.all.Go(func() {
			err := node.Lead(ctx, name, func() {
				<-places
				missing.Done()
			})
			if !c.ended.Load() {
				c.lost.Add(1)
				c.why.Do(func() { fmt.Fprintf(os.Stderr, "%s ended: %v\n", name, err) })
			}
		})
	}
	all := make(chan struct{})
	go func() {
		missing.Wait()
		close(all)
	}()
	select {
	case <-all:
		return c, nil
	case <-time.After(patience / 2):
		return nil, fmt.Errorf("it does not get all names: %d calls ended", c.lost.Load())
	}
}

// end gives all up.
func (c *crowd) end() {
	c.ended.Store(true)
	c.stop()
	c.all.Wait()
}

// A watch is what holding costs a second.
type watch struct {
	commands, requests, server, client float64
	lost                               int64
	last                               server.Usage
}

func (r *watch) read(ctx context.Context, b *bench) error {
	began, cpu := time.Now(), host.CPU()
	before, err := b.meter.Read(ctx)
	if err != nil {
		return err
	}
	sleep(ctx, b.Amount.Lasts)
	r.last, err = b.meter.Read(ctx)
	if err != nil {
		return err
	}
	seconds := time.Since(began).Seconds()
	r.commands = (r.last.Commands - before.Commands) / seconds
	r.requests = (r.last.Requests - before.Requests) / seconds
	r.server = (r.last.CPU - before.CPU).Seconds() / seconds
	r.client = (host.CPU() - cpu).Seconds() / seconds
	return nil
}
