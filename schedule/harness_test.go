package schedule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/link"
	"example.com/incumbent/internal/redistest"
	"example.com/incumbent/singleton"
)

// A world is one Redis in a bubble, and what its processes have run.
type world struct {
	*testing.T

	stub  *redistest.Stub
	redis *redis.Client
	began time.Time
	lease time.Duration // of the processes that start from now on
	stall time.Duration // Config.Stall of all processes

	mu     sync.Mutex
	runs   []string
	events []election.Event
}

const leaseOfTests = 10 * time.Second

func bubble(t *testing.T, f func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{T: t, stub: redistest.NewStub(t), began: time.Now(), lease: leaseOfTests}
		w.redis = w.stub.Client(w.stub.Link())
		f(w)
	})
}

// note keeps that something was run, with the seconds since the test began.
func (w *world) note(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.runs = append(w.runs, fmt.Sprintf("%v ", time.Since(w.began).Round(time.Second))+fmt.Sprintf(format, args...))
}

func (w *world) observe(ev election.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, ev)
}

// count returns how many events there were of a kind.
func (w *world) count(k election.Kind) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, ev := range w.events {
		if ev.Kind == k {
			n++
		}
	}
	return n
}

// expect compares what was run with what is wanted; at one instant in any order.
func (w *world) expect(want ...string) {
	w.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	got := slices.Clone(w.runs)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		w.Errorf("ran   %q\nwant  %q", got, want)
	}
}

// at waits until so long after the test began.
func (w *world) at(d time.Duration) {
	time.Sleep(time.Until(w.began.Add(d)))
	synctest.Wait()
}

// A process leads, or waits to lead.
type process struct {
	w       *world
	cut     func()
	elector *election.Elector
	stop    func() error
}

// process starts one that keeps a schedule.
func (w *world) process(id string, jobs ...Job) *process {
	w.Helper()
	s, err := New(jobs...)
	if err != nil {
		w.Fatal(err)
	}
	return w.work(id, s.Work)
}

// workThrough is process over a network of the test's.
func (w *world) workThrough(id string, link *link.Link, jobs ...Job) *process {
	w.Helper()
	s, err := New(jobs...)
	if err != nil {
		w.Fatal(err)
	}
	return w.workOver(id, link, s.Work)
}

func (w *world) work(id string, work election.Work) *process {
	w.Helper()
	return w.workOver(id, w.stub.Link(), work)
}

func (w *world) workOver(id string, link *link.Link, work election.Work) *process {
	w.Helper()
	rdb := w.stub.Client(link, func(o *redis.Options) { o.DialTimeout = time.Second })
	e, err := election.New(rdb, election.Config{
		Name: "nightly", ID: id, Lease: w.lease, Bootstrap: election.BootstrapImmediate, Stall: w.stall,
		Logger: slog.New(slog.DiscardHandler), Observer: w.observe,
	})
	if err != nil {
		w.Fatal(err)
	}
	ctx, cancel := context.WithCancel(w.Context())
	done := make(chan error, 1)
	go func() {
		done <- singleton.Keep(ctx, e, work, singleton.Policy{OnReturn: singleton.OnReturnRestart})
	}()
	var once sync.Once
	p := &process{w: w, cut: link.Cut, elector: e}
	p.stop = func() (err error) {
		once.Do(func() {
			cancel()
			err = <-done
		})
		return err
	}
	w.Cleanup(func() { _ = p.stop() })
	return p
}

// job is one that notes what it runs.
func (w *world) job(name string, due Calendar, change ...func(*Job)) Job {
	j := Job{Name: name, Due: due, Run: func(_ context.Context, t Tick) error {
		w.note("%s %s", name, w.show(t))
		return nil
	}}
	for _, c := range change {
		c(&j)
	}
	return j
}

// show is a tick as the tests write it.
func (w *world) show(t Tick) string {
	text := "asked"
	if !t.Due.IsZero() {
		text = "for " + t.Due.Sub(w.began).String()
	}
	if t.Attempt != 1 {
		text += fmt.Sprintf(" attempt %d", t.Attempt)
	}
	if t.Missed != 0 {
		text += fmt.Sprintf(" missed %d", t.Missed)
	}
	return text
}

// entry reads an entry of the ledger.
func (w *world) entry(job string) entry {
	w.Helper()
	text := w.stub.Mini.HGet("incumbent:{nightly}:ledger", job)
	e, err := parseEntry(text)
	if err != nil {
		w.Fatalf("entry %q: %v", text, err)
	}
	return e
}

// history returns the outcomes of a job, oldest first.
func (w *world) history(job string) []string {
	w.Helper()
	texts, _ := w.stub.Mini.List("incumbent:{nightly}:runs:" + job)
	var all []string
	for _, text := range texts {
		l, err := parseLine(text)
		if err != nil {
			w.Errorf("line %q: %v", text, err)
		}
		shown := string(l.outcome)
		if l.n != 0 {
			shown += fmt.Sprint(" ", l.n)
		}
		all = append([]string{shown}, all...)
	}
	return all
}

func (w *world) expectHistory(job string, want ...string) {
	w.Helper()
	if got := w.history(job); fmt.Sprint(got) != fmt.Sprint(want) {
		w.Errorf("history of %s is %q, want %q", job, got, want)
	}
}

var errTest = errors.New("did not work")
