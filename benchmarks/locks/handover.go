package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

const handoverHeader = `| from the begin of a release to the begin of the next work | handovers | p50, ms | p99 | max |
|---|---:|---:|---:|---:|
`

// A lock is held for so long, and at random up to half as long again: all others wait by then,
// and those that poll are not in step with it.
const holding = 30 * time.Millisecond

// How many handovers warm up, and how long all of a cell may take.
const (
	warmUp   = 10
	patience = 2 * time.Minute
)

// playHandover has one more than those that wait take turns, each with a client of its own.
func playHandover(ctx context.Context, b *bench) error {
	ctx, stop := context.WithTimeout(ctx, patience) // some wait no longer than a lock lives, unless a context does
	defer stop()
	t := &track{wanted: warmUp + b.Amount.Handovers, stop: stop}
	var all sync.WaitGroup
	ended := make(chan error, b.Size+1)
	for range b.Size + 1 {
		l, err := openLocker(b.System, b.addr)
		if err != nil {
			return err
		}
		defer l.close()
		all.Go(func() { ended <- t.takeTurns(ctx, l) })
	}
	all.Wait()
	close(ended)
	for err := range ended {
		if err != nil {
			return err
		}
	}
	if len(t.times) < t.wanted {
		return fmt.Errorf("only %d handovers", len(t.times))
	}
	is := summarise(t.times[warmUp:t.wanted])
	millis := func(d time.Duration) float64 { return d.Seconds() * 1e3 }
	_, err := fmt.Fprintf(b.out, "| %s, %d wait | %d | %.2f | %.2f | %.2f |\n", b.System, b.Size, is.n, millis(is.p50), millis(is.p99), millis(is.max))
	return err
}

// A track is where one lock is handed from one process to the next.
type track struct {
	wanted int
	stop   context.CancelFunc // when there are that many

	mu       sync.Mutex
	released time.Time     // zero before the first release
	passed   chan struct{} // closed when the next one has it
	times    []time.Duration
}

// takeTurns takes the lock whenever somebody else has had it.
func (t *track) takeTurns(ctx context.Context, l locker) error {
	for ctx.Err() == nil {
		var passed <-chan struct{}
		err := l.do(ctx, "baton", func() {
			t.taken(time.Now())
			sleep(ctx, holding+rand.N(holding/2))
			passed = t.release()
		})
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		select {
		case <-passed:
		case <-ctx.Done():
		}
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return context.Cause(ctx)
	}
	return nil
}

// taken notes that somebody works.
func (t *track) taken(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.passed == nil {
		return // the first
	}
	t.times = append(t.times, now.Sub(t.released))
	close(t.passed)
	if len(t.times) == t.wanted {
		t.stop()
	}
}

// release notes that the one that has the lock begins to give it up.
func (t *track) release() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.released, t.passed = time.Now(), make(chan struct{})
	return t.passed
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
