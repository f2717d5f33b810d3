package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/schedule"
	"example.com/incumbent/singleton"
)

// runIncumbent has one process lead, or two take turns.
func runIncumbent(ctx context.Context, addr string, c cell, b *book) error {
	processes := 1
	if c.Handovers {
		processes = 2
	}
	var all sync.WaitGroup
	for process := range processes {
		rdb := redis.NewClient(&redis.Options{Addr: addr})
		defer rdb.Close()
		conn, err := election.Connect(rdb, election.Config{
			Lease: 3 * time.Second, Bootstrap: election.BootstrapImmediate, CoolDown: 50 * time.Millisecond, Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			return err
		}
		defer conn.Close()
		for n := range c.Schedules {
			e, err := conn.Elector(election.Config{Name: fmt.Sprint("schedule", n)})
			if err != nil {
				return err
			}
			work, err := c.work(n, b)
			if err != nil {
				return err
			}
			all.Go(func() { _ = singleton.Keep(ctx, e, work, singleton.Policy{OnReturn: singleton.OnReturnRestart}) })
			if c.Handovers && process == 0 {
				all.Go(func() { handOver(ctx, e) })
			}
		}
	}
	all.Wait()
	return nil
}

// work is that of one of the schedules.
func (c cell) work(n int, b *book) (election.Work, error) {
	var jobs []schedule.Job
	for i := range c.Jobs / c.Schedules {
		jobs = append(jobs, schedule.Job{
			Name: fmt.Sprint("job", i), Due: schedule.Every(c.every(i)), CatchUp: 100,
			Run: func(_ context.Context, t schedule.Tick) error {
				b.start(t.Due)
				return nil
			},
		})
	}
	s, err := schedule.New(jobs...)
	if err != nil || !c.Handovers {
		return s.Work, err
	}
	return func(ctx context.Context, term election.Term) error {
		b.begins()
		err := s.Work(ctx, term)
		b.ended()
		return err
	}, nil
}

// begins and ended measure handovers.
func (b *book) begins() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open && !b.ends.IsZero() {
		b.handovers = append(b.handovers, time.Since(b.ends))
	}
}

func (b *book) ended() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ends = time.Now()
}

// handOver asks for a step-down 2 ms before each other second.
func handOver(ctx context.Context, e *election.Elector) {
	for ctx.Err() == nil {
		due := time.Now().Truncate(2 * time.Second).Add(2 * time.Second)
		sleep(ctx, time.Until(due.Add(-2*time.Millisecond)))
		_ = e.StepDown(ctx, "a benchmark")
		sleep(ctx, 500*time.Millisecond)
	}
}
