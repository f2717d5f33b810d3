package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime/pprof"
	"sync"
	"time"

	"example.com/incumbent/benchmarks/internal/host"
	"example.com/incumbent/benchmarks/internal/server"
)

// A cell is one measurement. Jobs do nothing.
type cell struct {
	System    string
	Jobs      int
	Schedules int  // that the jobs are shared out to
	Spread    bool // jobs are due every 50 to 149 s; else all of them each second
	Handovers bool // two processes, and 2 ms before some due times the leader is asked to step down
	Lasts     time.Duration
}

func (c cell) String() string {
	text := fmt.Sprintf("%s, %d jobs", c.System, c.Jobs)
	if c.Schedules > 1 {
		text += fmt.Sprintf(" in %d schedules", c.Schedules)
	}
	if c.Spread {
		text += ", due every 50 to 149 s"
	} else {
		text += ", each due every second"
	}
	if c.Handovers {
		text += ", at a handover"
	}
	return text
}

// every is how often a job is due.
func (c cell) every(job int) time.Duration {
	if !c.Spread {
		return time.Second
	}
	return time.Duration(50+job%100) * time.Second
}

// A system runs the jobs of a cell until ctx ends, and tells book of each start.
type system func(ctx context.Context, addr string, c cell, b *book) error

var systems = map[string]system{"incumbent": runIncumbent, "gocron": runGocron, "asynq": runAsynq}

// play measures one cell, and writes what came of it.
func play(ctx context.Context, text string) error {
	var c cell
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return err
	}
	addr := os.Getenv(addrVariable)
	meter := server.NewRedisMeter(addr, nil)
	defer meter.Close()
	ctx, stop := context.WithCancel(ctx)
	b := &book{handover: c.Handovers}
	ended := make(chan error, 1)
	go func() { ended <- systems[c.System](ctx, addr, c, b) }()
	sleep(ctx, 10*time.Second) // until it leads, has begun, and its code is warm
	r, err := b.window(ctx, c, meter)
	stop()
	if err = errors.Join(err, <-ended); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

// A book notes when jobs start.
type book struct {
	handover bool // of starts only those count that were due at a handover

	mu        sync.Mutex
	open      bool
	delays    []time.Duration // of each start
	handovers []time.Duration
	ends      time.Time // when a leader's work has ended
}

// start notes the start of a job that was due then.
func (b *book) start(due time.Time) { b.late(due, time.Since(due)) }

// late notes the start of a job so long after it was due.
func (b *book) late(due time.Time, by time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open && (!b.handover || due.Unix()%2 == 0) {
		b.delays = append(b.delays, by)
	}
}

// window measures for a while.
func (b *book) window(ctx context.Context, c cell, meter server.Meter) (result, error) {
	began, client := time.Now(), host.CPU()
	before, err := meter.Read(ctx)
	if err != nil {
		return result{}, err
	}
	b.mu.Lock()
	b.open = true
	b.mu.Unlock()
	if err := profiled(os.Getenv(profileVariable), func() { sleep(ctx, c.Lasts) }); err != nil {
		return result{}, err
	}
	b.mu.Lock()
	b.open = false
	defer b.mu.Unlock()
	after, err := meter.Read(ctx)
	if err != nil {
		return result{}, err
	}
	seconds := time.Since(began).Seconds()
	r := result{
		Starts: len(b.delays), Rate: float64(len(b.delays)) / seconds, Late: summarise(b.delays), Handover: summarise(b.handovers),
		Client: (host.CPU() - client).Seconds() / seconds, Server: (after.CPU - before.CPU).Seconds() / seconds,
	}
	return r, nil
}

// profiled writes a CPU profile of what do does, if there is a path for it.
func profiled(path string, do func()) error {
	if path == "" {
		do()
		return nil
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return err
	}
	do()
	pprof.StopCPUProfile()
	return file.Close()
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
