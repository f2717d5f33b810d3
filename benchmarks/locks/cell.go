package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"example.com/incumbent/benchmarks/internal/peer"
	"example.com/incumbent/benchmarks/internal/server"
)

// A cell is one measurement.
type cell struct {
	Kind   string
	System string // "all", in turns, of what is uncontended
	Size   int    // of a handover, who waits; else names
	Amount amount
}

// An amount is how much is measured.
type amount struct {
	Rounds, Calls int           // uncontended: rounds of each system, and calls in each
	Handovers     int           // of each system and size
	Names, Many   int           // that are held
	Lasts         time.Duration // for how long what is held is watched
}

var (
	full  = amount{Rounds: 40, Calls: 500, Handovers: 210, Names: 1000, Many: 10_000, Lasts: 12 * time.Second}
	short = amount{Rounds: 10, Calls: 500, Handovers: 50, Names: 1000, Many: 10_000, Lasts: 4 * time.Second}
)

func (c cell) String() string { return fmt.Sprintf("%s %s %d", c.Kind, c.System, c.Size) }

// The kinds of cells.
const (
	uncontended = "uncontended"
	handover    = "handover"
	held        = "held"
)

// A kind is how cells are played, and the head of their table.
type kind struct {
	header string
	play   func(ctx context.Context, b *bench) error
}

var kinds = map[string]kind{
	uncontended: {uncontendedHeader, playUncontended},
	handover:    {handoverHeader, playHandover},
	held:        {heldHeader, playHeld},
}

// plan is what is measured.
func plan(a amount) []cell {
	all := []cell{{uncontended, "all", 1, a}}
	for _, waiters := range []int{1, 10, 30} {
		for _, system := range lockers {
			all = append(all, cell{handover, system.name, waiters, a})
		}
	}
	for _, system := range []string{ourLocks, peer.Ours, "redislock", "redsync", "rueidislock"} {
		all = append(all, cell{held, system, a.Names, a})
	}
	return append(all, cell{held, ourLocks, a.Many, a}, cell{held, peer.Ours, a.Many, a})
}

// A bench is where a cell is measured.
type bench struct {
	cell

	addr  string
	meter server.Meter
	out   io.Writer
}

// play measures one cell, and writes what came of it.
func play(ctx context.Context, text string, out io.Writer) error {
	b := &bench{addr: os.Getenv(addrVariable), out: out}
	if err := json.Unmarshal([]byte(text), &b.cell); err != nil {
		return err
	}
	b.meter = server.NewRedisMeter(b.addr, nil)
	defer b.meter.Close()
	return kinds[b.Kind].play(ctx, b)
}
