package singletonfx_test

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/fx"
	"go.uber.org/fx/fxevent"
	"go.uber.org/fx/fxtest"

	"example.com/incumbent/election"
	"example.com/incumbent/singleton"
	"example.com/incumbent/singleton/singletonfx"
)

func TestStartDoesNotWaitForRedis(t *testing.T) {
	faults := map[string]func(w *world){
		"turning dials away": func(w *world) { w.net.Cut() },
		"a black hole":       func(w *world) { w.net.BlackHole() },
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				fault(w)
				elected := make(chan election.Term, 1)
				app := w.app(worker("x", func(ctx context.Context, term election.Term) error {
					elected <- term
					return obey(ctx, term)
				}))
				if w.now() != 0 {
					w.Errorf("the start took %v", w.now())
				}
				time.Sleep(time.Minute)
				w.net.Heal()
				<-elected // it campaigned all the while
				app.RequireStop()
				w.expectStatus("x", "V")
			})
		})
	}
}

// The context of OnStart ends with the start; nothing that runs may depend on it.
func TestWorkOutlivesTheStartTimeout(t *testing.T) {
	bubble(t, func(w *world) {
		var ctx context.Context
		app := fxtest.New(w, w.options(fx.StartTimeout(50*time.Millisecond), worker("x", func(c context.Context, term election.Term) error {
			ctx = c
			return obey(c, term)
		}))...)
		start, cancel := context.WithTimeout(w.Context(), app.StartTimeout())
		defer cancel()
		if err := app.Start(start); err != nil { // not RequireStart, which ends its context at once
			w.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if start.Err() == nil || ctx == nil || ctx.Err() != nil {
			w.Errorf("a minute after the start its context is %v and that of the work %v", start.Err(), ctx)
		}
		app.RequireStop()
		if cause := context.Cause(ctx); !errors.Is(cause, singletonfx.ErrStopping) {
			w.Errorf("the work ended with %v, want ErrStopping", cause)
		}
	})
}

// A stop drains the work, releases, and waits for both; only then come the hooks
// of what the app provided.
func TestStopDrainsThenReleasesThenLetsTheClientClose(t *testing.T) {
	bubble(t, func(w *world) {
		var order []string
		app := fxtest.New(w, singletonfx.Module,
			w.client(func() { order = append(order, "client closes, record "+w.status("x")) }),
			worker("x", func(ctx context.Context, _ election.Term) error {
				<-ctx.Done()
				order = append(order, "told to stop, record "+w.status("x"))
				time.Sleep(2 * time.Second)
				order = append(order, "drained, record "+w.status("x"))
				return nil
			}),
			fx.Invoke(func(lc fx.Lifecycle) {
				lc.Append(fx.StopHook(func() { order = append(order, "the app's own, record "+w.status("x")) }))
			}),
		)
		app.RequireStart()
		time.Sleep(time.Minute)
		app.RequireStop()
		want := []string{"the app's own, record L", "told to stop, record L", "drained, record L", "client closes, record V"}
		if !slices.Equal(order, want) {
			w.Errorf("stopped in the order %q, want %q", order, want)
		}
		if w.now() != time.Minute+2*time.Second {
			w.Errorf("the stop took %v, want 2s: as long as the work drains", w.now()-time.Minute)
		}
		if w.net.Conns() != 0 {
			w.Errorf("%d connections are left", w.net.Conns())
		}
	})
}

// A start that fails later in the app stops what it has started.
func TestStopOfAStartThatFails(t *testing.T) {
	bubble(t, func(w *world) {
		errNo := errors.New("no")
		app := fx.New(w.options(fx.NopLogger, worker("x", obey), fx.Invoke(func(lc fx.Lifecycle) {
			lc.Append(fx.StartHook(func() error { time.Sleep(time.Second); w.expectStatus("x", "L"); return errNo }))
		}))...)
		if err := app.Start(w.Context()); !errors.Is(err, errNo) {
			w.Errorf("Start returned %v", err)
		}
		w.expectStatus("x", "V")
	})
}

func TestStopReportsWorkThatFailedMeanwhile(t *testing.T) {
	bubble(t, func(w *world) {
		app := w.app(worker("x", func(ctx context.Context, _ election.Term) error {
			<-ctx.Done()
			return errors.New("cannot flush")
		}))
		time.Sleep(time.Minute)
		app.RequireStop()
		if lines := w.journal.with("level=WARN", "election=x", "cannot flush"); len(lines) != 1 {
			w.Errorf("logged %q, want the work's error once", lines)
		}
	})
}

// stopErrors is an fx logger that keeps what OnStop hooks returned: what
// outlives its deadline is told nowhere else.
type stopErrors struct {
	mu   sync.Mutex
	text string
}

func (s *stopErrors) LogEvent(event fxevent.Event) {
	if e, ok := event.(*fxevent.OnStopExecuted); ok && e.Err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.text += e.Err.Error()
	}
}

// option makes it the logger of an application.
func (s *stopErrors) option() fx.Option {
	return fx.WithLogger(func() fxevent.Logger { return s })
}

func (s *stopErrors) all() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text
}

// fx abandons a stop at its deadline: the error says which elections are still
// held, and the drain goes on.
func TestStopThatOutlivesItsDeadline(t *testing.T) {
	bubble(t, func(w *world) {
		told, closed := &stopErrors{}, false
		app := fx.New(
			singletonfx.Module,
			w.client(func() { closed = true }),
			told.option(),
			worker("quick", obey),
			worker("slow", draining(time.Minute)),
			worker("slower", draining(2*time.Minute)),
		)
		if err := app.Start(w.Context()); err != nil {
			w.Fatal(err)
		}
		time.Sleep(time.Minute)
		ctx, cancel := context.WithTimeout(w.Context(), 10*time.Second)
		defer cancel()
		if err := app.Stop(ctx); !errors.Is(err, context.DeadlineExceeded) {
			w.Errorf("Stop returned %v", err)
		}
		if took := w.now() - time.Minute; took != 10*time.Second {
			w.Errorf("the stop took %v, want 10s", took)
		}
		synctest.Wait()
		for _, want := range []string{"while slow, slower still", context.DeadlineExceeded.Error()} {
			if !strings.Contains(told.text, want) {
				w.Errorf("the error is %q, want %q in it", told.text, want)
			}
		}
		if closed {
			w.Error("the client was closed during the drain")
		}
		w.expectStatus("quick", "V")
		w.expectStatus("slow", "L")
		w.expectStatus("slower", "L")
		time.Sleep(2 * time.Minute)
		w.expectStatus("slow", "V")
		w.expectStatus("slower", "V")
	})
}

func TestStopLogsWorkThatOutlivesItsGrace(t *testing.T) {
	bubble(t, func(w *world) {
		app := w.app(worker("x", draining(5*time.Second)))
		time.Sleep(time.Minute)
		app.RequireStop()
		if lines := w.journal.with("level=WARN", "election: overrun", "held=true", "election=x"); len(lines) != 1 {
			w.Errorf("logged %q, want once that it lingers", lines)
		}
	})
}

func TestStopLogsADeadlineThatIsShort(t *testing.T) {
	for deadline, want := range map[time.Duration]int{9 * time.Second: 1, 10 * time.Second: 0} {
		bubble(t, func(w *world) {
			app := w.app(worker("x", obey), fx.StopTimeout(deadline))
			time.Sleep(time.Minute)
			app.RequireStop()
			if lines := w.journal.with("level=WARN", "Settings.StopTimeout", "needed=9.5s"); len(lines) != want {
				w.Errorf("with %v to stop, logged %q", deadline, lines)
			}
		})
	}
}

// A loss reaches the work while the stop of something else holds up the queue.
func TestALossDoesNotWaitInTheStopQueue(t *testing.T) {
	bubble(t, func(w *world) {
		var ended time.Duration
		var cause error
		stopping := make(chan struct{})
		app := w.app(
			worker("x", func(ctx context.Context, _ election.Term) error {
				<-ctx.Done()
				ended, cause = w.now(), context.Cause(ctx)
				return nil
			}),
			fx.StopTimeout(time.Minute),
			fx.Invoke(func(lc fx.Lifecycle) {
				lc.Append(fx.StopHook(func() { close(stopping); time.Sleep(30 * time.Second) }))
			}),
		)
		time.Sleep(time.Minute)
		go func() {
			<-stopping
			w.net.BlackHole()
		}()
		app.RequireStop()
		if !errors.Is(cause, election.ErrExpired) || ended > time.Minute+9*time.Second {
			w.Errorf("the work ended at %v with %v, want ErrExpired at the end of trust, 9s later at most", ended, cause)
		}
		if stopped := w.now(); stopped < time.Minute+30*time.Second {
			w.Errorf("the stop ended at %v, not held up", stopped)
		}
	})
}

var advice = regexp.MustCompile(`set fx\.StopTimeout\((\d+)\*time\.Second\) and supply Settings{StopTimeout: (\d+) \* time\.Second}`)

// What could not stop in time is refused; the message says what helps, and that
// does help: also the worst of stops fits into it.
func TestBudgetThatIsTooLarge(t *testing.T) {
	bubble(t, func(w *world) {
		grace := 12200 * time.Millisecond // of a lease of 61s: the budget is no whole number of seconds
		workers := fx.Options(worker("short", obey), worker("long", draining(grace), lease(61*time.Second)))
		var err error
		for range 8 { // fx hands out the workers in any order
			time.Sleep(time.Second)
			err = w.refused(w.options(workers)...)
		}
		if !errors.Is(err, election.ErrConfig) {
			w.Errorf("refused with %v, want ErrConfig", err)
		}
		found := advice.FindStringSubmatch(err.Error())
		if found == nil {
			w.Fatalf("refused with %v, want advice", err)
		}
		given, err1 := time.ParseDuration(found[1] + "s")
		stated, err2 := time.ParseDuration(found[2] + "s")
		if err := errors.Join(err1, err2); err != nil {
			w.Fatal(err)
		}

		app := w.app(workers, fx.StopTimeout(given), fx.Supply(singletonfx.Settings{StopTimeout: stated}))
		time.Sleep(time.Minute)
		w.net.BlackHole()
		at := w.now()
		app.RequireStop()
		if took := w.now() - at; took <= grace || took > given {
			w.Errorf("the stop took %v, want more than the grace of %v and at most the advised %v", took, grace, given)
		}
	})
}

func TestBudgetIsComparedWithWhatIsStated(t *testing.T) {
	const budget = 9500 * time.Millisecond // of the default lease: grace 3s, release 5s, attempt 1.5s
	bubble(t, func(w *world) {
		for stated, ok := range map[time.Duration]bool{0: true, budget: true, budget - 1: false, time.Hour: true} {
			app := fx.New(w.options(fx.NopLogger, worker("x", obey), fx.Supply(singletonfx.Settings{StopTimeout: stated}))...)
			if err := app.Err(); (err == nil) != ok {
				w.Errorf("with %v to stop: %v", stated, err)
			}
		}
		// 37.5s of lease need 7.5 + 5 + 3.75 s, more than the 15 s of fx.
		if err := w.refused(w.options(worker("x", obey, lease(37500*time.Millisecond)))...); !strings.Contains(err.Error(), "16.25s") {
			w.Errorf("refused with %v, want the budget in it", err)
		}
	})
}

// Work that is done leaves the app and the other workers running.
func TestWorkThatIsDoneStopsNothing(t *testing.T) {
	bubble(t, func(w *world) {
		app := w.app(
			worker("once", func(context.Context, election.Term) error { return nil }, policy(singleton.Policy{OnReturn: singleton.OnReturnStop})),
			worker("always", obey),
		)
		time.Sleep(time.Minute)
		w.expectStatus("once", "V")
		w.expectStatus("always", "L")
		select {
		case sig := <-app.Wait():
			w.Errorf("the app was shut down: %+v", sig)
		default:
		}
		app.RequireStop()
		w.expectStatus("always", "V")
	})
}
