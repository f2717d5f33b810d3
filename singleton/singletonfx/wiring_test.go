package singletonfx_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/fx"

	"example.com/incumbent/election"
	"example.com/incumbent/singleton"
	"example.com/incumbent/singleton/singletonfx"
)

// calls are what hooks and work note.
type calls struct {
	mu  sync.Mutex
	seq []string
}

func (c *calls) note(call string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seq = append(c.seq, call)
}

// hook provides a hook that notes its calls under a name.
func (c *calls) hook(name, of string) fx.Option {
	return fx.Provide(singletonfx.AsWorker(func() singleton.Worker {
		return singleton.Worker{Election: election.Config{Name: of}, Hooks: singleton.Hooks{
			OnElected: func(context.Context, election.Term) error { c.note(name + " elected"); return nil },
			OnRevoked: func(_ context.Context, _ election.Term, cause error) {
				c.note(name + " revoked, " + string(election.ReasonOf(cause)))
			},
		}}
	}))
}

// All elections of an app share a few connections: three of a client and one
// for pushes. Without that there would be two for each.
func TestElectionsShareAConn(t *testing.T) {
	bubble(t, func(w *world) {
		var workers []fx.Option
		for i := range 20 {
			workers = append(workers, worker(fmt.Sprintf("job-%d", i), obey))
		}
		app := w.app(workers...)
		most := 0
		for range 60 {
			time.Sleep(time.Second)
			most = max(most, w.net.Conns())
		}
		if most > 4 {
			w.Errorf("%d connections for 20 elections, want 4 at most", most)
		}
		for i := range 20 {
			w.expectStatus(fmt.Sprintf("job-%d", i), "L")
		}
		app.RequireStop()
		for i := range 20 {
			w.expectStatus(fmt.Sprintf("job-%d", i), "V")
		}
	})
}

// An app may use the Conn for more than the module does.
func TestConnIsProvided(t *testing.T) {
	bubble(t, func(w *world) {
		var conn *election.Conn
		app := w.app(worker("x", obey), fx.Populate(&conn))
		time.Sleep(time.Minute)
		e, err := conn.Elector(election.Config{Name: "x"})
		if err != nil {
			w.Fatal(err)
		}
		if leader, err := e.Leader(w.Context()); err != nil || leader.Nobody() {
			w.Errorf("the leader is %+v, %v", leader, err)
		}
		app.RequireStop()
		if _, err := conn.Elector(election.Config{Name: "x"}); !errors.Is(err, election.ErrClosed) {
			w.Errorf("after the stop the Conn says %v, want ErrClosed", err)
		}
	})
}

// Hooks stand around the worker of their election, each the other way round at
// the end.
func TestHooksStandAroundTheirWorker(t *testing.T) {
	bubble(t, func(w *world) {
		c := &calls{}
		app := w.app(
			c.hook("first", "x"), c.hook("second", "x"), c.hook("third", "x"),
			worker("x", func(ctx context.Context, _ election.Term) error {
				c.note("work")
				<-ctx.Done()
				c.note("work ended")
				return nil
			}),
			worker("other", obey),
		)
		time.Sleep(time.Minute)
		app.RequireStop()
		if len(c.seq) != 8 || c.seq[3] != "work" || c.seq[4] != "work ended" {
			w.Fatalf("called %q, want the work between three hooks and three hooks", c.seq)
		}
		for i := range 3 {
			name, elected := strings.CutSuffix(c.seq[i], " elected")
			if last := c.seq[7-i]; !elected || last != name+" revoked, caller" {
				w.Errorf("called %q, want what came first to come last", c.seq)
			}
		}
	})
}

func TestHooksWithoutAWorkerHaveATermOfTheirOwn(t *testing.T) {
	bubble(t, func(w *world) {
		c := &calls{}
		app := w.app(c.hook("a", "x"), c.hook("b", "x"), c.hook("c", "y"), worker("z", obey))
		time.Sleep(time.Minute) // the default waits for a lease
		synctest.Wait()
		w.expectStatus("x", "L")
		w.expectStatus("y", "L")
		app.RequireStop()
		w.expectStatus("x", "V")
		w.expectStatus("y", "V")
		slices.Sort(c.seq)
		want := []string{"a elected", "a revoked, caller", "b elected", "b revoked, caller", "c elected", "c revoked, caller"}
		if !slices.Equal(c.seq, want) {
			w.Errorf("called %q, want %q", c.seq, want)
		}
	})
}

func TestWorkersThatMakeNoSenseAreRefused(t *testing.T) {
	tests := map[string]struct {
		workers fx.Option
		says    string
	}{
		"two of one election": {fx.Options(worker("x", obey), worker("x", obey)), `two workers of election "x" have Work`},
		"no work":             {worker("x", nil), `the worker of election "x" does nothing`},
		"no name":             {worker("", obey), "give 1 to 128 characters"},
		"bad lease":           {worker("x", obey, lease(time.Millisecond)), "lease 1ms is outside"},
		"hook without a name": {(&calls{}).hook("h", ""), "give 1 to 128 characters"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				err := w.refused(w.options(tc.workers)...)
				if !errors.Is(err, election.ErrConfig) || !strings.Contains(err.Error(), tc.says) {
					w.Errorf("refused with %v, want %q", err, tc.says)
				}
			})
		})
	}
}

func TestModuleLogsToTheLoggerOfTheApp(t *testing.T) {
	bubble(t, func(w *world) {
		own := &journal{}
		app := w.app(worker("x", obey), worker("y", obey, func(wk *singleton.Worker) {
			wk.Election.Logger = slog.New(slog.NewTextHandler(own, nil))
		}))
		time.Sleep(time.Minute)
		app.RequireStop()
		for _, want := range []string{"elected", "revoked", "released"} {
			if lines := w.journal.with("election: "+want, "election=x"); len(lines) != 1 {
				w.Errorf("logged %q of x, want %s once", lines, want)
			}
			if lines := own.with("election: "+want, "election=y"); len(lines) != 1 {
				w.Errorf("logged %q of y to its own logger, want %s once", lines, want)
			}
		}
		if lines := w.journal.with("election=y"); len(lines) != 0 {
			w.Errorf("logged %q of y to the logger of the app", lines)
		}
	})
}

func TestModuleLogsByDefaultToSlogsDefault(t *testing.T) {
	before := slog.Default()
	defer slog.SetDefault(before)
	bubble(t, func(w *world) {
		slog.SetDefault(slog.New(slog.NewTextHandler(w.journal, nil)))
		app := fx.New(fx.NopLogger, fx.Supply(w.net.Client), singletonfx.Module, worker("x", boom, giveUp))
		if err := app.Start(w.Context()); err != nil {
			w.Fatal(err)
		}
		<-app.Wait()
		if err := app.Stop(w.Context()); err != nil {
			w.Error(err)
		}
		for _, want := range []string{"election: elected", "singleton: the worker has failed"} {
			if lines := w.journal.with(want, "election=x"); len(lines) != 1 {
				w.Errorf("logged %q, want %s once", w.journal.with(""), want)
			}
		}
	})
}

// What makes no sense is refused before anything starts.
func TestPolicyThatMakesNoSense(t *testing.T) {
	bubble(t, func(w *world) {
		err := w.refused(w.options(worker("x", obey, policy(singleton.Policy{MinBackOff: -1})))...)
		if !errors.Is(err, election.ErrConfig) || !strings.Contains(err.Error(), `election "x"`) {
			w.Errorf("refused with %v", err)
		}
	})
}
