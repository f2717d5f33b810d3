package fresh

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"go.uber.org/goleak"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/clocktest"
	"example.com/incumbent/internal/link"
	"example.com/incumbent/internal/redistest"
	"example.com/incumbent/internal/seam"
)

func TestMain(m *testing.M) {
	if addr := os.Getenv(childRedis); addr != "" {
		child(addr)
		return
	}
	logging.Disable() // go-redis logs each connection that a test breaks
	slog.SetDefault(slog.New(slog.DiscardHandler))
	redistest.Together(8)
	goleak.VerifyTestMain(m)
}

// A world is one Redis in a bubble.
type world struct {
	*testing.T

	stub  *redistest.Stub
	began time.Time
	key   string

	mu    sync.Mutex
	notes []string
}

func bubble(t *testing.T, f func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f(&world{T: t, stub: redistest.NewStub(t), began: time.Now(), key: "incumbent:{v}:value"})
	})
}

// at waits until so long after the test began.
func (w *world) at(d time.Duration) {
	time.Sleep(time.Until(w.began.Add(d)))
	synctest.Wait()
}

// note keeps what happened, with the time since the test began.
func (w *world) note(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.notes = append(w.notes, fmt.Sprintf("%v ", time.Since(w.began).Round(time.Millisecond))+fmt.Sprintf(format, args...))
}

// expect compares what happened since the last call with what is wanted.
func (w *world) expect(want ...string) {
	w.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Equal(w.notes, want) {
		w.Errorf("\n got %q\nwant %q", w.notes, want)
	}
	w.notes = nil
}

// A process has a client with a network and a clock of its own, and a value of texts.
type process struct {
	*Value[string]
	*redis.Client

	w        *world
	link     *link.Link
	clock    *clocktest.Clock
	requests atomic.Int64
	log      lockedBuffer
}

var _ seam.Clocked = (*process)(nil)

// Clock is that of the process.
func (p *process) Clock() seam.Clock { return p.clock }

// Pipelined counts the requests about a value.
func (p *process) Pipelined(ctx context.Context, fn func(redis.Pipeliner) error) ([]redis.Cmder, error) {
	cmds, err := p.Client.Pipelined(ctx, fn)
	if len(cmds) == 0 || cmds[0].Name() != "eval" { // that repeats a script which the server did not know
		p.requests.Add(1)
	}
	return cmds, err
}

// asked returns how many requests there were since the last call.
func (p *process) asked() int64 { return p.requests.Swap(0) }

func (w *world) process(refresh Refresh[string], change ...func(*Config)) *process {
	w.Helper()
	p := &process{w: w, link: w.stub.Link(), clock: clocktest.New(1)}
	p.Client = w.stub.Client(p.link, func(o *redis.Options) {
		o.DialTimeout, o.MaxRetries, o.DialerRetries, o.ContextTimeoutEnabled = 200*time.Millisecond, -1, 1, true
	})
	cfg := Config{Name: "v", Logger: slog.New(slog.NewTextHandler(&p.log, nil))}
	for _, c := range change {
		c(&cfg)
	}
	v, err := New(p, cfg, refresh)
	if err != nil {
		w.Fatal(err)
	}
	p.Value = v
	return p
}

// reader is a process that only reads.
func (w *world) reader(change ...func(*Config)) *process { return w.process(nil, change...) }

// lives makes values v1, v2 and so on, which live for so long, and notes when; 0 is for ever.
func (w *world) lives(life time.Duration) Refresh[string] {
	n := 0
	return func(context.Context, election.Term) (string, time.Time, error) {
		n++
		w.note("v%d", n)
		if life == 0 {
			return fmt.Sprint("v", n), time.Time{}, nil
		}
		return fmt.Sprint("v", n), time.Now().Add(life), nil
	}
}

// work runs Work in that term until stop is called, which returns what it returned.
func (p *process) work(term election.Term) (stop func() error) {
	ctx, cancel := context.WithCancel(p.w.Context())
	done := make(chan error, 1)
	go func() { done <- p.Work(ctx, term) }()
	stop = sync.OnceValue(func() error { cancel(); return <-done })
	p.w.Cleanup(func() { _ = stop() })
	return stop
}

// has checks what Get returns at once.
func (p *process) has(want string) {
	p.w.Helper()
	ctx, cancel := context.WithTimeout(p.w.Context(), time.Second)
	defer cancel()
	began := time.Now()
	got, err := p.Get(ctx)
	if err != nil || got != want || time.Since(began) != 0 {
		p.w.Errorf("at %v: Get returned %q, %v after %v; want %q at once", began.Sub(p.w.began), got, err, time.Since(began), want)
	}
}

// hasNone checks that Get waits for as long as its context lasts, and returns its error.
func (p *process) hasNone(d time.Duration) error {
	p.w.Helper()
	ctx, cancel := context.WithTimeout(p.w.Context(), d)
	defer cancel()
	began := time.Now()
	got, err := p.Get(ctx)
	if !errors.Is(err, ErrNoValue) || !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != d {
		p.w.Fatalf("at %v: Get returned %q, %v after %v; want ErrNoValue after %v", began.Sub(p.w.began), got, err, time.Since(began), d)
	}
	return err
}

// gets notes when a Get that begins now has returned, and what.
func (p *process) gets() {
	go func() {
		got, err := p.Get(p.w.Context())
		if err != nil {
			got = err.Error()
		}
		p.w.note("got %s", got)
	}()
}

// lockedBuffer is a buffer that a logger writes to.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// says counts the lines that contain a text.
func (l *lockedBuffer) says(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.b.String(), text)
}
