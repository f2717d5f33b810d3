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
	type worker = singleton.Worker
	for says, constructor := range map[string]any{
		"AsWorker was given func() []singleton.Worker":                singletonfx.AsWorker(func() []worker { return nil }),
		"AsWorker was given func() *singleton.Worker":                 singletonfx.AsWorker(func() *worker { return nil }),
		"AsWorker was given func() singleton.Hooks":                   singletonfx.AsWorker(func() singleton.Hooks { return singleton.Hooks{} }),
		"AsWorker was given func() (error, singleton.Worker)":         singletonfx.AsWorker(func() (error, worker) { return nil, worker{} }), //nolint:staticcheck // wrong on purpose
		"AsWorker was given func():":                                  singletonfx.AsWorker(func() {}),
		"AsWorker was given singleton.Worker":                         singletonfx.AsWorker(worker{}),
		"AsWorker was given <nil>":                                    singletonfx.AsWorker(nil),
		"give it a function that returns a singleton.Worker, or a si": singletonfx.AsWorker(func() string { return "" }),
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
		failing := singletonfx.AsWorker(func() (singleton.Worker, error) { return singleton.Worker{}, errNo })
		if err := w.refused(w.options(fx.Provide(failing))...); !errors.Is(err, errNo) {
			w.Errorf("refused with %v", err)
		}
	})
}

// An application in which nothing would run is refused: a constructor that is provided
// without AsWorker shows nowhere else.
func TestApplicationsWithoutWorkersAreRefused(t *testing.T) {
	forgotten := fx.Provide(func() singleton.Worker { return singleton.Worker{Election: election.Config{Name: "x"}, Work: obey} })
	for name, options := range map[string]fx.Option{"no workers": fx.Options(), "without AsWorker": forgotten} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				err := w.refused(w.options(options)...)
				if !errors.Is(err, election.ErrConfig) || !strings.Contains(err.Error(), "0 workers") || !strings.Contains(err.Error(), "AsWorker") {
					w.Errorf("refused with %v", err)
				}
			})
		})
	}
}

// What runs is logged.
func TestModuleLogsWhatRuns(t *testing.T) {
	bubble(t, func(w *world) {
		w.app(worker("y", obey), worker("x", obey), (&calls{}).hook("h", "z"))
		if lines := w.journal.with("level=INFO", "singletonfx: these workers run", `elections="x, y, z"`); len(lines) != 1 {
			w.Errorf("logged %q", w.journal.with(""))
		}
	})
}

// Settings.Defaults hold for every worker that does not say otherwise.
func TestDefaultsHoldForAllWorkers(t *testing.T) {
	bubble(t, func(w *world) {
		var group *singleton.Group
		w.app(worker("x", obey), worker("y", obey, lease(5*time.Second)), fx.Populate(&group),
			fx.Supply(singletonfx.Settings{Defaults: election.Config{Prefix: "acme:", Lease: 9 * time.Second}}))
		if x, y := group.Elector("x").Timing().Lease, group.Elector("y").Timing().Lease; x != 9*time.Second || y != 5*time.Second {
			w.Errorf("the leases are %v and %v", x, y)
		}
		time.Sleep(time.Minute)
		if keys := w.admin.Keys(w.Context(), "*").Val(); len(keys) != 2 || !strings.HasPrefix(keys[0], "acme:{") {
			w.Errorf("the keys are %q", keys)
		}
	})
}
