package processes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"example.com/incumbent/election"
	"example.com/incumbent/fence"
	"example.com/incumbent/lock"
)

const (
	roleVariable = "INCUMBENT_SPACE_PROCESS"
	lease        = 2 * time.Second
	pair         = "pair" // the name that has two seats
	stallLimit   = lease / 4
)

var names = []string{"x", "y", "z"} // that have one

// A role is what a child is told.
type role struct {
	Addr, ID, Journal string
}

// A line is one line of a child's journal.
type line struct {
	T    time.Duration // CLOCK_MONOTONIC
	Kind string        // "begin", "end", "refused", "unsent", "stalled" since From, "called", "error", "closed"
	N    int64         `json:",omitempty"` // of the work
	Name string        `json:",omitempty"`
	Seat int           `json:",omitempty"`
	Term int64         `json:",omitempty"`
	From time.Duration `json:",omitempty"`
	Text string        `json:",omitempty"`
}

func TestMain(m *testing.M) {
	if text := os.Getenv(roleVariable); text != "" {
		var r role
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			panic(err)
		}
		if err := r.run(); err != nil {
			panic(err)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// monotonic is the clock that all processes of a machine share.
func monotonic() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
		panic(err) // it exists on every Linux
	}
	return time.Duration(t.Nano())
}

// A process is a child: it hammers the locks.
type process struct {
	locks  *lock.Space
	writer *redis.Client
	count  atomic.Int64

	mu   sync.Mutex
	file *os.File
}

// note writes a line as one write: it is complete or absent, however the process ends.
func (p *process) note(l line) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l.T == 0 {
		l.T = monotonic()
	}
	text, err := json.Marshal(l)
	if err == nil {
		_, err = p.file.Write(append(text, '\n'))
	}
	if err != nil {
		panic(err) // a journal with a hole proves nothing
	}
}

// run hammers the locks until standard input ends, and then ends in order.
func (r role) run() error {
	file, err := os.Create(r.Journal)
	if err != nil {
		return err
	}
	client := func() *redis.Client {
		return redis.NewClient(&redis.Options{Addr: r.Addr, ContextTimeoutEnabled: true, MaxRetries: -1})
	}
	rdb, p := client(), &process{file: file, writer: client()}
	p.writer.AddHook(slowHand{})
	if p.locks, err = lock.Open(rdb, lock.Config{ID: r.ID, Lease: lease, Logger: slog.New(slog.DiscardHandler)}); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for _, name := range append([]string{pair, pair}, names...) {
		all.Go(func() { p.hammer(ctx, name) })
	}
	all.Go(func() { p.spread(ctx) })
	all.Go(func() { p.watch(ctx) })
	_, _ = io.Copy(io.Discard, os.Stdin)
	cancel()
	all.Wait()
	if err := p.locks.Close(); err != nil {
		return err
	}
	p.note(line{Kind: "closed"})
	return errors.Join(rdb.Close(), p.writer.Close(), file.Close())
}

// watch notes when this process did not get to run, for whatever reason.
func (p *process) watch(ctx context.Context) {
	for last := monotonic(); ctx.Err() == nil; {
		time.Sleep(10 * time.Millisecond)
		now := monotonic()
		if now-last > stallLimit {
			p.note(line{T: now, Kind: "stalled", From: last})
		}
		last = now
	}
}

func (p *process) hammer(ctx context.Context, name string) {
	for ctx.Err() == nil {
		do := func(ctx context.Context, term lock.Term) error { return p.work(ctx, name, term) }
		patience := time.Duration(rand.Int64N(int64(lease)))
		var err error
		if name == pair {
			err = p.locks.Seats(name, 2).Try(ctx, patience, do)
		} else {
			err = p.locks.Try(ctx, name, patience, do)
		}
		p.note(line{Kind: "called", Name: name})
		if err != nil && ctx.Err() == nil && !usual(err) {
			p.note(line{Kind: "error", Name: name, Text: err.Error()})
		}
		time.Sleep(time.Duration(rand.Int64N(int64(20 * time.Millisecond))))
	}
}

// usual reports whether a fault explains the error.
func usual(err error) bool {
	for _, is := range []error{lock.ErrHeld, lock.ErrLost, lock.ErrExpired, lock.ErrUnavailable} {
		if errors.Is(err, is) {
			return true
		}
	}
	return false
}

// work writes its term until it is done or its context ends.
func (p *process) work(ctx context.Context, name string, term lock.Term) error {
	seat, _ := lock.SeatFrom(ctx)
	l := line{Kind: "begin", N: p.count.Add(1), Name: name, Seat: seat, Term: int64(term)}
	p.note(l)
	defer func() {
		l.T, l.Kind = 0, "end"
		p.note(l)
	}()
	lasts := time.Duration(rand.Int64N(int64(40 * time.Millisecond)))
	if rand.IntN(5) == 0 {
		lasts = 200*time.Millisecond + time.Duration(rand.Int64N(int64(600*time.Millisecond)))
	}
	for until := monotonic() + lasts; ; {
		p.write(ctx, l)
		if ctx.Err() != nil || monotonic() >= until {
			return nil
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// The lists of terms, in the order in which the server took them.
func bySeat(name string, seat int) fence.Key {
	return fence.Key(fmt.Sprintf("{locks}:terms:%s:%d", name, seat))
}

func byTerm(name string, seat int) fence.Key {
	return fence.Key(fmt.Sprintf("{other}:terms:%s:%d", name, seat))
}

// write appends the term behind both fences. The answer is waited for however late it is.
func (p *process) write(ctx context.Context, l line) {
	unseen, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*lease)
	defer cancel()
	_, err := fence.Do(unseen, p.writer, fence.Cmd{"RPUSH", bySeat(l.Name, l.Seat), l.Term})
	_, err2 := fence.At(byTerm(l.Name, l.Seat)+":fence").Do(unseen, p.writer, fence.Cmd{"RPUSH", byTerm(l.Name, l.Seat), l.Term})
	for _, err := range []error{err, err2} {
		l.T = 0
		switch {
		case err == nil:
		case errors.Is(err, fence.ErrFenced):
			l.Kind = "refused"
			p.note(l)
		case errors.Is(err, context.Canceled), errors.Is(err, election.ErrWorkEnded), usual(err): // the work is over
			l.Kind = "unsent"
			p.note(l)
		default:
			p.note(line{Kind: "error", Name: l.Name, Text: err.Error()})
		}
	}
}

// A slowHand waits between the decision to write and the write, so that a stop falls there.
type slowHand struct{}

func (slowHand) DialHook(next redis.DialHook) redis.DialHook { return next }

func (slowHand) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (slowHand) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		time.Sleep(3 * time.Millisecond)
		return next(ctx, cmd)
	}
}
