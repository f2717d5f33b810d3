package singletonfx

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/fx"

	"example.com/incumbent/election"
	"example.com/incumbent/singleton"
)

// ErrStopping is the cause of the context of work that ends because the
// application stops.
var ErrStopping = errors.New("singletonfx: the application stops")

// Workers are the running workers of an application, for its health checks and
// for whoever wants to know who leads. [Module] provides it. It is safe for
// concurrent use.
type Workers struct {
	log        *slog.Logger
	shutdowner fx.Shutdowner
	members    []member
	budget     time.Duration // what an orderly stop may need

	cancel  context.CancelCauseFunc
	running sync.WaitGroup
	fatal   sync.Once // fx's Shutdowner is not safe for concurrent use
	mu      sync.Mutex
	left    map[string]bool // elections that have not ended
}

// member is one worker with its elector.
type member struct {
	elector *election.Elector
	work    election.Work
	policy  singleton.Policy
}

// Check is the liveness check of all workers: it joins the errors of
// [election.Elector.Check], and so fails only for work that still runs although
// its trust has ended. It asks nobody and does not block.
func (r *Workers) Check() error {
	var errs []error
	for _, m := range r.members {
		errs = append(errs, m.elector.Check())
	}
	return errors.Join(errs...)
}

// Elector returns the candidate for the election of that name, to observe it, to
// ask whether it leads or to have it step down; nil if no worker has it.
func (r *Workers) Elector(name string) *election.Elector {
	for _, m := range r.members {
		if m.elector.Name() == name {
			return m.elector
		}
	}
	return nil
}

// newWorkers makes the electors and hands start and stop to fx.
func newWorkers(p workersParams) (*Workers, error) {
	r := &Workers{log: p.Logger, shutdowner: p.Shutdowner, left: map[string]bool{}}
	if r.log == nil {
		r.log = slog.Default()
	}
	all, unsaid, err := combine(p.Workers, p.Hooks)
	if err != nil {
		return nil, err
	}
	for _, w := range all {
		if w.Election.Logger == nil {
			w.Election.Logger = r.log
		}
		if err := w.Policy.Validate(); err != nil {
			return nil, fmt.Errorf("election %q: %w", w.Election.Name, err)
		}
		e, err := p.Conn.Elector(w.Election)
		if err != nil {
			return nil, err
		}
		r.members = append(r.members, member{e, w.Work, w.Policy})
		r.budget = max(r.budget, e.StopBudget())
	}
	if err := r.checkBudget(p.Settings.StopTimeout); err != nil {
		return nil, err
	}
	describe(r.log, all, p.Workers, unsaid)
	p.Lifecycle.Append(fx.Hook{OnStart: r.start, OnStop: r.stop})
	return r, nil
}

// checkBudget refuses workers that fx would abandon in the middle of a stop.
func (r *Workers) checkBudget(stated time.Duration) error {
	if stated == 0 {
		stated = fx.DefaultTimeout
	}
	if r.budget <= stated {
		return nil
	}
	need := int(r.budget/time.Second) + 1
	return fmt.Errorf("%w: singletonfx: an orderly stop may need %v (grace, release and one attempt) but fx gives it %v: set fx.StopTimeout(%d*time.Second) and supply Settings{StopTimeout: %d * time.Second}, or choose a shorter Lease",
		election.ErrConfig, r.budget, stated, need, need)
}

// errRestart is what a second start of an application gets: its Conn is closed.
var errRestart = errors.New("singletonfx: this application was started before, and its workers run once: make a new one with fx.New")

// start begins to campaign and returns at once. The context of OnStart ends with
// the start, so it is not kept.
func (r *Workers) start(context.Context) error {
	if r.cancel != nil {
		return errRestart
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	r.cancel = cancel
	for _, m := range r.members {
		r.left[m.elector.Name()] = true
	}
	for _, m := range r.members {
		r.running.Go(func() { r.keep(ctx, m) })
	}
	return nil
}

// keep runs one worker until the application stops. Anything else that ends it
// is fatal, but for work that is done.
func (r *Workers) keep(ctx context.Context, m member) {
	err := singleton.Keep(ctx, m.elector, m.work, m.policy)
	r.mu.Lock()
	delete(r.left, m.elector.Name())
	r.mu.Unlock()
	switch {
	case err == nil:
		return
	case ctx.Err() != nil:
		m.elector.Logger().Warn("singletonfx: work failed while it was stopping", "error", err)
		return
	}
	m.elector.Logger().Error("singletonfx: fatal, shutting the application down", "error", err)
	r.fatal.Do(func() {
		if err := r.shutdowner.Shutdown(fx.ExitCode(exitCode(err))); err != nil {
			r.log.Debug("singletonfx: the application is shutting down already", "error", err)
		}
	})
}

// exitCode follows sysexits.h: EX_NOPERM, EX_CONFIG, else a plain failure.
func exitCode(err error) int {
	switch {
	case errors.Is(err, election.ErrDenied):
		return 77
	case election.Permanent(err):
		return 78
	}
	return 1
}

// stop drains, releases and waits, for as long as fx lets it.
func (r *Workers) stop(ctx context.Context) error {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < r.budget {
		r.log.Warn("singletonfx: less time to stop than an orderly stop may need; state it in Settings.StopTimeout",
			"left", time.Until(deadline), "needed", r.budget)
	}
	r.cancel(ErrStopping)
	gone := make(chan struct{})
	go func() { r.running.Wait(); close(gone) }()
	select {
	case <-gone:
		return nil
	case <-ctx.Done():
		r.log.Error("singletonfx: stop abandoned: still draining, and leading", "elections", r.stillRunning())
		return fmt.Errorf("singletonfx: stop abandoned while %s still drains and leads: %w", r.stillRunning(), ctx.Err())
	}
}

func (r *Workers) stillRunning() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var names []string
	for name := range r.left {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
