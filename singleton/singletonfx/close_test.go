package singletonfx_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/fx"
	"go.uber.org/fx/fxtest"

	"example.com/incumbent/election"
	"example.com/incumbent/singleton"
)

// A stop succeeds although somebody asks all the time who leads, and waits for who is
// just asking: the client that it closes then is nobody's any more.
func TestStopBesideWhoAsks(t *testing.T) {
	bubble(t, func(w *world) {
		w.net.SetLatency(3 * time.Millisecond)
		var all *singleton.Group
		app := fxtest.New(w, w.options(worker("x", obey), fx.Populate(&all))...)
		app.RequireStart()
		time.Sleep(time.Minute)
		ctx, enough := context.WithCancel(w.Context())
		var asking sync.WaitGroup
		for range 3 {
			asking.Go(func() {
				for ctx.Err() == nil {
					_, err := all.Elector("x").Leader(w.Context())
					if errors.Is(err, election.ErrClosed) {
						return
					}
					if err != nil {
						w.Errorf("Leader: %v", err)
					}
				}
			})
		}
		time.Sleep(time.Second)
		at := w.now()
		if err := app.Stop(w.Context()); err != nil {
			w.Errorf("Stop: %v", err)
		}
		if took := w.now() - at; took > 100*time.Millisecond {
			w.Errorf("the stop took %v", took)
		}
		enough()
		asking.Wait()
		w.expectStatus("x", "V")
	})
}

// What never ends holds the stop up until fx gives up; the error says what.
func TestStopBesideAnObserverThatNeverEnds(t *testing.T) {
	bubble(t, func(w *world) {
		var all *singleton.Group
		told := &stopErrors{}
		app := fx.New(w.options(worker("x", obey), fx.Populate(&all), told.option())...)
		if err := app.Start(w.Context()); err != nil {
			w.Fatal(err)
		}
		time.Sleep(time.Minute)
		ctx, cancel := context.WithCancel(w.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for range all.Elector("x").Observe(ctx) {
			}
		}()
		time.Sleep(time.Second)
		at := w.now()
		deadline, stop := context.WithTimeout(w.Context(), 15*time.Second)
		defer stop()
		if err := app.Stop(deadline); !errors.Is(err, context.DeadlineExceeded) {
			w.Errorf("Stop: %v", err)
		}
		if took := w.now() - at; took != 15*time.Second {
			w.Errorf("the stop took %v, want 15s", took)
		}
		if lines := w.journal.with("level=INFO", "waits for calls of the application's own", "1 calls under way"); len(lines) != 1 {
			w.Errorf("logged %q, want what it waits for", lines)
		}
		w.expectStatus("x", "V")
		cancel()
		<-ended
		time.Sleep(time.Second)
		if !strings.Contains(told.all(), "stop abandoned: incumbent: already running") {
			w.Errorf("the error is %q", told.all())
		}
	})
}

// An application runs once: its Conn is closed.
func TestSecondStart(t *testing.T) {
	bubble(t, func(w *world) {
		app := fx.New(w.options(fx.NopLogger, worker("x", obey))...)
		if err := errors.Join(app.Start(w.Context()), app.Stop(w.Context())); err != nil {
			w.Fatal(err)
		}
		err := app.Start(w.Context())
		if err == nil || !strings.Contains(err.Error(), "make a new one with fx.New") {
			w.Errorf("the second start: %v", err)
		}
		if err := app.Stop(w.Context()); err != nil {
			w.Errorf("and the stop after it: %v", err)
		}
	})
}
