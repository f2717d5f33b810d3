package lock

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/election/electiontest"
	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/seam"
	"example.com/incumbent/internal/space"
)

// world is a bubble with a Redis and processes in one space.
type world struct {
	*testing.T

	redis *electiontest.Redis
	began time.Time
	place space.Place

	mu    sync.Mutex
	notes []string
}

const lease = 5 * time.Second

// bubble runs a test in a bubble. Opened says that the space is open from the start.
func bubble(t *testing.T, opened bool, test func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{T: t, redis: electiontest.NewRedis(t), place: space.NewPlace("incumbent:", "locks", 0)}
		if opened {
			w.open()
		}
		w.began = time.Now()
		test(w)
	})
}

// open writes the epoch of an open space.
func (w *world) open() {
	w.Helper()
	c := w.redis.Client()
	e := space.NewEpoch(true, lease, "946684800.0")
	if err := c.HSet(w.Context(), w.place.Key, "e", e.String()).Err(); err != nil {
		w.Fatal(err)
	}
	_ = c.Close()
}

// A process has a space over a client of its own.
type process struct {
	*Space

	w      *world
	client *electiontest.Client

	mu     sync.Mutex
	events []Event
	late   []Overrun
}

func (w *world) process(id string, change ...func(*Config)) *process {
	w.Helper()
	p := &process{w: w, client: w.redis.Client()}
	cfg := Config{
		ID: id, Logger: slog.New(slog.DiscardHandler),
		Observer: func(ev Event) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.events = append(p.events, ev)
		},
		OnOverrun: func(o Overrun) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.late = append(p.late, o)
		},
	}
	for _, c := range change {
		c(&cfg)
	}
	s, err := Open(p.client, cfg)
	if err != nil {
		w.Fatal(err)
	}
	p.Space = s
	w.Cleanup(func() {
		p.client.Heal()
		synctest.Wait() // the test's context has ended, and with it what works
		if err := s.Close(); err != nil {
			w.Errorf("closing %s: %v", id, err)
		}
	})
	return p
}

// at sleeps until the test has lasted so long.
func (w *world) at(d time.Duration) { time.Sleep(time.Until(w.began.Add(d))) }

func (w *world) since() time.Duration { return time.Since(w.began) }

// note notes something with the time at which it happened.
func (w *world) note(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.notes = append(w.notes, fmt.Sprintf("%v ", w.since())+fmt.Sprintf(format, args...))
}

func (w *world) expect(want ...string) {
	w.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if fmt.Sprintf("%q", w.notes) != fmt.Sprintf("%q", want) {
		w.Errorf("\n got %q\nwant %q", w.notes, want)
	}
	w.notes = nil
}

// works is work that lasts and notes when it begins and ends.
func (w *world) works(who string, d time.Duration) Work {
	return func(ctx context.Context, _ Term) error {
		w.note("%s begins", who)
		defer w.note("%s ends", who)
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// count is how many events of a kind a process has had.
func (p *process) count(kind election.Kind) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, ev := range p.events {
		if ev.Kind == kind {
			n++
		}
	}
	return n
}

// fields are what the hash of the space has, but for epoch and last term.
func (w *world) fields() map[string]string {
	w.Helper()
	c := w.redis.Client()
	defer c.Close()
	all, err := c.HGetAll(w.Context(), w.place.Key).Result()
	if err != nil {
		w.Fatal(err)
	}
	delete(all, "e")
	delete(all, "t")
	return all
}

func nothing(context.Context, Term) error { return nil }

// skewed is a clock whose wall clock is more than a day ahead.
type skewed struct{ seam.Clock }

func (s skewed) Now() heartbeat.Instant {
	i := s.Clock.Now()
	i.Wall += 25 * time.Hour
	return i
}
