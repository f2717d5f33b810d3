package singleton_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/singleton"
)

// ending calls f on a goroutine that may end in another way than by a return, and
// returns what was recovered.
func ending(f func()) (recovered any) {
	done := make(chan any, 1)
	go func() {
		defer func() { done <- recover() }()
		f()
	}()
	return <-done
}

func TestAPanicReleasesAndGoesOn(t *testing.T) {
	bubble(t, func(w *world) {
		c := w.candidate("a")
		got := ending(func() {
			err := singleton.Keep(w.Context(), c.Elector, func(context.Context, election.Term) error {
				time.Sleep(time.Second)
				panic("at the disco")
			}, singleton.Policy{OnReturn: singleton.OnReturnRestart})
			w.Errorf("Keep returned %v", err)
		})
		if got != "at the disco" {
			w.Errorf("recovered %v", got)
		}
		w.expectStatus(record.Vacant)
		if w.now() != time.Second {
			w.Errorf("the panic arrived at %v, want 1s", w.now())
		}
		if err := c.keep(obey, singleton.Policy{}).stop(); err != nil { // nothing is left running
			w.Errorf("Keep after the panic returned %v", err)
		}
	})
}

func TestGoexitReleases(t *testing.T) {
	bubble(t, func(w *world) {
		c := w.candidate("a")
		ending(func() {
			err := singleton.Keep(w.Context(), c.Elector, func(context.Context, election.Term) error {
				runtime.Goexit()
				return nil
			}, singleton.Policy{})
			w.Errorf("Keep returned %v", err)
		})
		w.expectStatus(record.Vacant)
	})
}
