package singletonfx_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"go.uber.org/fx"

	"example.com/incumbent/election"
	"example.com/incumbent/singleton"
	"example.com/incumbent/singleton/singletonfx"
)

// Constructors of another type would be put where nobody looks for them.
func TestConstructorsOfAnotherTypeAreRefused(t *testing.T) {
	type (
		worker = singletonfx.Worker
		hook   = singletonfx.Hook
	)
	for says, constructor := range map[string]any{
		"AsWorker was given func() []singletonfx.Worker":               singletonfx.AsWorker(func() []worker { return nil }),
		"AsWorker was given func() *singletonfx.Worker":                singletonfx.AsWorker(func() *worker { return nil }),
		"AsWorker was given func() singletonfx.Hook":                   singletonfx.AsWorker(func() hook { return hook{} }),
		"AsWorker was given func() (error, singletonfx.Worker)":        singletonfx.AsWorker(func() (error, worker) { return nil, worker{} }), //nolint:staticcheck // wrong on purpose
		"AsWorker was given func():":                                   singletonfx.AsWorker(func() {}),
		"AsWorker was given singletonfx.Worker":                        singletonfx.AsWorker(worker{}),
		"AsWorker was given <nil>":                                     singletonfx.AsWorker(nil),
		"give it a function that returns a singletonfx.Worker, or a s": singletonfx.AsWorker(func() string { return "" }),
		"AsHook was given func() []singletonfx.Hook":                   singletonfx.AsHook(func() []hook { return nil }),
		"AsHook was given func() *singletonfx.Hook":                    singletonfx.AsHook(func() *hook { return nil }),
		"AsHook was given func() singletonfx.Worker":                   singletonfx.AsHook(func() worker { return worker{} }),
	} {
		bubble(t, func(w *world) {
			err := w.refused(w.options(fx.Provide(constructor))...)
			if !errors.Is(err, election.ErrConfig) || !strings.Contains(err.Error(), says) {
				w.Errorf("refused with %v, want %q", err, says)
			}
		})
	}
}

func TestConstructorsMayFail(t *testing.T) {
	errNo := errors.New("no")
	bubble(t, func(w *world) {
		for _, constructor := range []any{
			singletonfx.AsWorker(func() (singletonfx.Worker, error) { return singletonfx.Worker{}, errNo }),
			singletonfx.AsHook(func() (singletonfx.Hook, error) { return singletonfx.Hook{}, errNo }),
		} {
			if err := w.refused(w.options(fx.Provide(constructor))...); !errors.Is(err, errNo) {
				w.Errorf("refused with %v", err)
			}
		}
	})
}

// What runs is logged, and above all that nothing does.
func TestModuleLogsWhatRuns(t *testing.T) {
	forgotten := fx.Provide(func() singletonfx.Worker { return singletonfx.Worker{Election: election.Config{Name: "x"}, Work: obey} })
	for name, tc := range map[string]struct {
		options fx.Option
		want    []string
	}{
		"no workers":       {fx.Options(), []string{"level=WARN", "singletonfx: 0 workers", "AsWorker"}},
		"without AsWorker": {forgotten, []string{"level=WARN", "singletonfx: 0 workers", "AsWorker"}},
		"two":              {fx.Options(worker("x", obey), worker("y", obey)), []string{"level=INFO", "singletonfx: these workers run", `elections="x, y"`}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				w.app(tc.options)
				if lines := w.journal.with(tc.want...); len(lines) != 1 {
					w.Errorf("logged %q, want %q once", w.journal.with(""), tc.want)
				}
			})
		})
	}
}

// hookWith provides a hook for an election, with a config.
func hookWith(name string, cfg election.Config) fx.Option {
	return fx.Provide(singletonfx.AsHook(func() singletonfx.Hook {
		return singletonfx.Hook{Election: name, Config: cfg, Hooks: singleton.Hooks{}}
	}))
}

// A hook that has no worker is an election of its own, which may be a mistake.
func TestHooksWithoutAWorkerAreToldOf(t *testing.T) {
	for name, tc := range map[string]struct {
		hooks fx.Option
		warns int
	}{
		"a typing error":       {hookWith("nights", election.Config{}), 1},
		"two of one election":  {fx.Options(hookWith("nights", election.Config{}), hookWith("nights", election.Config{})), 1},
		"of a worker":          {hookWith("nightly", election.Config{}), 0},
		"on purpose":           {hookWith("nights", election.Config{Name: "nights"}), 0},
		"one of two says so":   {fx.Options(hookWith("nights", election.Config{}), hookWith("", election.Config{Name: "nights"})), 0},
		"with its own prefix":  {hookWith("nights", election.Config{Prefix: "acme:"}), 0},
		"by the Config's name": {hookWith("", election.Config{Name: "nights"}), 0},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				w.app(worker("nightly", obey), worker("other", obey), tc.hooks)
				if lines := w.journal.with("level=WARN", "no worker", "election=nights", `workers="nightly, other"`); len(lines) != tc.warns {
					w.Errorf("logged %q, want %d warnings", w.journal.with(""), tc.warns)
				}
			})
		})
	}
}

// An election of hooks alone is led under the prefix and the lease that are given.
func TestHooksHaveAConfig(t *testing.T) {
	bubble(t, func(w *world) {
		var all *singletonfx.Workers
		w.app(hookWith("", election.Config{Name: "x", Prefix: "acme:", Lease: 5 * time.Second, Bootstrap: election.BootstrapImmediate}), fx.Populate(&all))
		if e := all.Elector("x"); e == nil || e.Timing().Lease != 5*time.Second {
			w.Fatalf("the elector is %v", e)
		}
		time.Sleep(time.Minute)
		if keys := w.admin.Keys(w.Context(), "*").Val(); len(keys) != 1 || keys[0] != "acme:{x}" {
			w.Errorf("the keys are %q, want acme:{x}", keys)
		}
	})
}

func TestHookConfigsThatMakeNoSense(t *testing.T) {
	own := election.Config{Prefix: "acme:"}
	for says, hooks := range map[string]fx.Option{
		`a hook of election "x" has a Config, and so has the worker`: fx.Options(worker("x", obey), hookWith("x", own)),
		`two hooks of election "x" have a Config`:                    fx.Options(hookWith("x", own), hookWith("x", own)),
		`a hook of election "x" has a Config for "y"`:                hookWith("x", election.Config{Name: "y"}),
	} {
		bubble(t, func(w *world) {
			if err := w.refused(w.options(hooks)...); !errors.Is(err, election.ErrConfig) || !strings.Contains(err.Error(), says) {
				w.Errorf("refused with %v, want %q", err, says)
			}
		})
	}
}
