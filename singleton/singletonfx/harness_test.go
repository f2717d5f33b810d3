package singletonfx_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/fx"
	"go.uber.org/fx/fxtest"

	"example.com/incumbent/election"
	"example.com/incumbent/election/electiontest"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/singleton"
	"example.com/incumbent/singleton/singletonfx"
)

// world is a Redis in a bubble, and the network between it and an app.
type world struct {
	*testing.T
	redis   *electiontest.Redis
	net     *electiontest.Client // the app's way to it
	admin   *redis.Client
	start   time.Time
	journal *journal
}

// bubble runs f with a fresh world; nothing of it may be left at the end.
func bubble(t *testing.T, f func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := electiontest.NewRedis(t)
		f(&world{T: t, redis: r, net: r.Client(), admin: r.Client().Client, start: time.Now(), journal: &journal{}})
	})
}

// now is the bubble's time since its start.
func (w *world) now() time.Duration { return time.Since(w.start) }

// status is that of the record of an election: L, D, V, Q, or nothing.
func (w *world) status(name string) string {
	text := w.admin.Get(context.Background(), "incumbent:{"+name+"}").Val() // an error leaves nothing to read
	r, err := record.Parse(text)
	if err != nil {
		return ""
	}
	return string(r.Status)
}

// expectStatus compares the status of the record of an election.
func (w *world) expectStatus(name, want string) {
	w.Helper()
	if got := w.status(name); got != want {
		w.Errorf("the record of %s has status %q, want %q", name, got, want)
	}
}

// options are what an app of these tests has beside its workers: the module, a
// client, and a logger.
func (w *world) options(more ...fx.Option) []fx.Option {
	return append([]fx.Option{
		fx.Supply(w.net.Client),
		fx.Supply(slog.New(slog.NewTextHandler(w.journal, nil))),
		singletonfx.Module,
	}, more...)
}

// app returns a started app that is stopped, at the latest, when the test ends.
func (w *world) app(more ...fx.Option) *fxtest.App {
	w.Helper()
	app := fxtest.New(w, w.options(more...)...)
	app.RequireStart()
	w.Cleanup(app.RequireStop) // does nothing if the test has stopped it
	return app
}

// refused returns the error of an app that must not be constructed.
func (w *world) refused(options ...fx.Option) error {
	w.Helper()
	err := fx.New(append(options, fx.NopLogger)...).Err()
	if err == nil {
		w.Fatal("the app was constructed")
	}
	return err
}

// worker is a worker for an election that it takes at once.
func worker(name string, work election.Work, mutate ...func(*singleton.Worker)) fx.Option {
	wk := singleton.Worker{Election: election.Config{Name: name, Bootstrap: election.BootstrapImmediate}, Work: work}
	for _, m := range mutate {
		m(&wk)
	}
	return fx.Provide(singletonfx.AsWorker(func() singleton.Worker { return wk }))
}

// policy is for worker.
func policy(p singleton.Policy) func(*singleton.Worker) {
	return func(wk *singleton.Worker) { wk.Policy = p }
}

// lease is for worker.
func lease(d time.Duration) func(*singleton.Worker) {
	return func(wk *singleton.Worker) { wk.Election.Lease = d }
}

// obey is work that ends with its context.
func obey(ctx context.Context, _ election.Term) error {
	<-ctx.Done()
	return ctx.Err()
}

// draining is work that takes d to end.
func draining(d time.Duration) election.Work {
	return func(ctx context.Context, _ election.Term) error {
		<-ctx.Done()
		time.Sleep(d)
		return nil
	}
}

// client provides a client that tells when the app closes it.
func (w *world) client(closing func()) fx.Option {
	return fx.Provide(func(lc fx.Lifecycle) *redis.Client {
		c := w.net.Client
		lc.Append(fx.StopHook(func() error { closing(); return c.Close() }))
		return c
	})
}

// journal keeps what is logged.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

// with returns the lines that contain all of the texts.
func (j *journal) with(texts ...string) (found []string) {
	j.mu.Lock()
	defer j.mu.Unlock()
next:
	for line := range strings.Lines(j.text.String()) {
		for _, text := range texts {
			if !strings.Contains(line, text) {
				continue next
			}
		}
		found = append(found, line)
	}
	return found
}
