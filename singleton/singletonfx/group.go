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

// runner runs the group of an application.
type runner struct {
	group      *singleton.Group
	log        *slog.Logger
	shutdowner fx.Shutdowner
	budget     time.Duration // what an orderly stop may need

	cancel context.CancelCauseFunc
	ended  chan struct{} // closed when the group has stopped

	mu      sync.Mutex
	working map[string]bool // elections whose work has not ended
}

// newGroup makes the group and hands start and stop to fx.
func newGroup(p groupParams) (*singleton.Group, error) {
	if len(p.Workers) == 0 {
		return nil, fmt.Errorf("%w: singletonfx: 0 workers: nothing would run; provide constructors of workers with AsWorker", election.ErrConfig)
	}
	r := &runner{log: p.Logger, shutdowner: p.Shutdowner, working: map[string]bool{}}
	if r.log == nil {
		r.log = slog.Default()
	}
	group, err := singleton.NewGroup(p.Conn, r.noted(p.Workers)...)
	if err != nil {
		return nil, fmt.Errorf("singletonfx: %w", err)
	}
	r.group = group
	for _, e := range group.Electors() {
		r.budget = max(r.budget, e.StopBudget())
	}
	if err := r.checkBudget(p.Settings.StopTimeout); err != nil {
		return nil, err
	}
	r.log.Info("singletonfx: these workers run", "elections", strings.Join(names(group), ", "))
	p.Lifecycle.Append(fx.Hook{OnStart: r.start, OnStop: r.stop})
	return group, nil
}

// noted puts hooks around all others of each election, which note whether it works.
func (r *runner) noted(workers []singleton.Worker) []singleton.Worker {
	note := func(name string, works bool) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.working[name] = works
	}
	var all []singleton.Worker
	for _, w := range workers {
		name := w.Election.Name
		all = append(all, singleton.Worker{Election: election.Config{Name: name}, Hooks: singleton.Hooks{
			OnElected: func(context.Context, election.Term) error { note(name, true); return nil },
			OnRevoked: func(context.Context, election.Term, error) { note(name, false) },
		}})
	}
	return append(all, workers...)
}

func names(g *singleton.Group) []string {
	var all []string
	for _, e := range g.Electors() {
		all = append(all, e.Name())
	}
	return all
}

// checkBudget refuses workers that fx would abandon in the middle of a stop.
func (r *runner) checkBudget(stated time.Duration) error {
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
func (r *runner) start(context.Context) error {
	if r.cancel != nil {
		return errRestart
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	r.cancel, r.ended = cancel, make(chan struct{})
	go func() {
		defer close(r.ended)
		r.run(ctx)
	}()
	return nil
}

// run runs the group until the application stops. Any other end is fatal, but for work
// that is done.
func (r *runner) run(ctx context.Context) {
	err := r.group.Run(ctx)
	if err == nil || ctx.Err() != nil {
		return // the group has logged how its workers ended
	}
	r.log.Error("singletonfx: fatal, shutting the application down", "error", err)
	if err := r.shutdowner.Shutdown(fx.ExitCode(exitCode(err))); err != nil {
		r.log.Debug("singletonfx: the application is shutting down already", "error", err)
	}
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
func (r *runner) stop(ctx context.Context) error {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < r.budget {
		r.log.Warn("singletonfx: less time to stop than an orderly stop may need; state it in Settings.StopTimeout",
			"left", time.Until(deadline), "needed", r.budget)
	}
	r.cancel(ErrStopping)
	select {
	case <-r.ended:
		return nil
	case <-ctx.Done():
		r.log.Error("singletonfx: stop abandoned: still draining, and leading", "elections", r.stillWorking())
		return fmt.Errorf("singletonfx: stop abandoned while %s still drains and leads: %w", r.stillWorking(), ctx.Err())
	}
}

func (r *runner) stillWorking() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var still []string
	for name, works := range r.working {
		if works {
			still = append(still, name)
		}
	}
	slices.Sort(still)
	return strings.Join(still, ", ")
}
