package singleton_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/election/electiontest"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/singleton"
)

// world is a Redis in a bubble, and election x on it.
type world struct {
	*testing.T
	redis *electiontest.Redis
	admin *redis.Client
	start time.Time
}

const key = "incumbent:{x}"

// bubble runs f with a fresh world; nothing of it may be left at the end.
func bubble(t *testing.T, f func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := electiontest.NewRedis(t)
		f(&world{T: t, redis: r, admin: r.Client().Client, start: time.Now()})
	})
}

// now is the bubble's time since its start.
func (w *world) now() time.Duration { return time.Since(w.start) }

// record returns what stands in Redis.
func (w *world) record() record.Record {
	w.Helper()
	r, err := record.Parse(w.get())
	if err != nil {
		w.Fatalf("record %q: %v", w.get(), err)
	}
	return r
}

// expectStatus compares the record's status.
func (w *world) expectStatus(want record.Status) {
	w.Helper()
	if got := w.record(); got.Status != want {
		w.Errorf("record %v, want status %c", got, want)
	}
}

// vacate writes a vacancy of a later term although somebody leads.
func (w *world) vacate() {
	w.Helper()
	r := w.record()
	r.Status, r.Term, r.Nonce = record.Vacant, r.Term+1, record.NewNonce()
	w.set(r.String())
}

func (w *world) get() string {
	w.Helper()
	text, err := w.admin.Get(w.Context(), key).Result()
	if err != nil {
		w.Fatal(err)
	}
	return text
}

func (w *world) set(text string) {
	w.Helper()
	if err := w.admin.Set(w.Context(), key, text, 0).Err(); err != nil {
		w.Fatal(err)
	}
}

// candidate is one process.
type candidate struct {
	*election.Elector
	w       *world
	client  *electiontest.Client
	journal *journal
}

// candidate returns a candidate of election x, which takes an election that is
// new to it at once. The lease is 15 s if not changed.
func (w *world) candidate(id string, mutate ...func(*election.Config)) *candidate {
	w.Helper()
	return w.candidateOf(id, nil, mutate...)
}

// candidateOf is candidate with options of the client.
func (w *world) candidateOf(id string, options func(*redis.Options), mutate ...func(*election.Config)) *candidate {
	w.Helper()
	c := &candidate{w: w, journal: &journal{start: w.start}}
	cfg := election.Config{Name: "x", ID: id, Bootstrap: election.BootstrapImmediate, Logger: slog.New(c.journal)}
	for _, m := range mutate {
		m(&cfg)
	}
	var change []func(*redis.Options)
	if options != nil {
		change = append(change, options)
	}
	c.client = w.redis.Client(change...)
	var err error
	if c.Elector, err = election.New(c.client, cfg); err != nil {
		w.Fatal(err)
	}
	return c
}

// noCoolDown keeps a candidate from standing back.
func noCoolDown(cfg *election.Config) { cfg.CoolDown = -1 }

// keeping is a Keep under way.
type keeping struct {
	w      *world
	cancel context.CancelCauseFunc
	ended  chan struct{} // closed when Keep has returned
	err    error
	at     time.Duration // when it returned
}

// keep runs Keep in the background, at most until the end of the test.
func (c *candidate) keep(work election.Work, p singleton.Policy) *keeping {
	ctx, cancel := context.WithCancelCause(context.Background())
	k := &keeping{w: c.w, cancel: cancel, ended: make(chan struct{})}
	c.w.Cleanup(func() { _ = k.stop() })
	go func() {
		defer close(k.ended)
		k.err = singleton.Keep(ctx, c.Elector, work, p)
		k.at = c.w.now()
	}()
	return k
}

// stop ends Keep's context, waits for it to return, and returns its error.
func (k *keeping) stop() error {
	k.cancel(nil)
	<-k.ended
	return k.err
}

// returned waits for Keep to return by itself, and returns its error.
func (k *keeping) returned() error {
	k.w.Helper()
	select {
	case <-k.ended:
	case <-time.After(time.Hour):
		k.w.Fatal("Keep has not returned within an hour")
	}
	return k.err
}

// over reports whether Keep has returned.
func (k *keeping) over() bool {
	synctest.Wait()
	select {
	case <-k.ended:
		return true
	default:
		return false
	}
}

// obey is work that ends with its context.
func obey(ctx context.Context, _ election.Term) error {
	<-ctx.Done()
	return ctx.Err()
}

// diary is what runs of work, and ends of terms, are written into.
type diary struct {
	w  *world
	mu sync.Mutex
	// What has been written so far. A run that has not ended ends at zero.
	runs []run
}

// run is one run of work.
type run struct {
	term  election.Term
	began time.Duration
	ended time.Duration
	cause error // of the end of its context, if that has ended
}

func (w *world) diary() *diary { return &diary{w: w} }

// of returns the work with its runs written down.
func (d *diary) of(work election.Work) election.Work {
	return func(ctx context.Context, term election.Term) error {
		d.mu.Lock()
		n := len(d.runs)
		d.runs = append(d.runs, run{term: term, began: d.w.now()})
		d.mu.Unlock()
		defer func() {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.runs[n].ended, d.runs[n].cause = d.w.now(), context.Cause(ctx)
		}()
		return work(ctx, term)
	}
}

// read returns the runs so far.
func (d *diary) read() []run {
	synctest.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]run(nil), d.runs...)
}

// last returns the latest run; the test fails if there is none.
func (d *diary) last() run {
	d.w.Helper()
	runs := d.read()
	if len(runs) == 0 {
		d.w.Fatal("the work has not run")
	}
	return runs[len(runs)-1]
}

// journal is a log handler that keeps what is logged at Warn and above, and when.
type journal struct {
	start time.Time
	mu    sync.Mutex
	lines []line
}

type line struct {
	at   time.Duration
	text string // message and attributes
}

func (j *journal) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelWarn }
func (j *journal) WithAttrs([]slog.Attr) slog.Handler           { return j }
func (j *journal) WithGroup(string) slog.Handler                { return j }

func (j *journal) Handle(_ context.Context, r slog.Record) error {
	text := r.Message
	r.Attrs(func(a slog.Attr) bool { text += " " + a.String(); return true })
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, line{time.Since(j.start), text})
	return nil
}

// with returns the lines that contain a text.
func (j *journal) with(text string) (found []line) {
	synctest.Wait()
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, l := range j.lines {
		if strings.Contains(l.text, text) {
			found = append(found, l)
		}
	}
	return found
}
