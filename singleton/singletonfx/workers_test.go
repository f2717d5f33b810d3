package singletonfx_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"go.uber.org/fx"

	"example.com/incumbent/election"
	"example.com/incumbent/singleton"
)

// Workers are unhealthy only while work runs that has lost its trust.
func TestWorkersCheck(t *testing.T) {
	bubble(t, func(w *world) {
		var workers *singleton.Group
		stubborn := func(ctx context.Context, _ election.Term) error {
			<-ctx.Done()
			time.Sleep(30 * time.Second)
			return nil
		}
		w.app(worker("obedient", obey), worker("stubborn", stubborn), fx.Populate(&workers), fx.StopTimeout(time.Minute))
		check := func(when string, unhealthy bool) {
			w.Helper()
			if err := workers.Check(); (err != nil) != unhealthy {
				w.Errorf("%s: Check returned %v", when, err)
			} else if unhealthy && (!strings.Contains(err.Error(), `"stubborn"`) || strings.Contains(err.Error(), `"obedient"`)) {
				w.Errorf("%s: Check returned %v, want it to name the stubborn one only", when, err)
			}
		}
		time.Sleep(time.Minute)
		check("leading", false)
		w.net.Cut()
		time.Sleep(5 * time.Second)
		check("cut off, within the trust", false)
		time.Sleep(10 * time.Second)
		check("cut off, with work past its trust", true)
		time.Sleep(30 * time.Second)
		check("cut off, without work", false)
		w.net.Heal()
		time.Sleep(time.Minute)
		check("leading again", false)
	})
}

func TestWorkersHandOutTheirElectors(t *testing.T) {
	bubble(t, func(w *world) {
		var workers *singleton.Group
		app := w.app(worker("x", obey), worker("y", obey), (&calls{}).hook("h", "z"), fx.Populate(&workers))
		time.Sleep(time.Minute)
		for _, name := range []string{"x", "y", "z"} {
			if e := workers.Elector(name); e == nil || e.Name() != name || !e.IsLeader() {
				w.Errorf("the elector of %s is %v", name, e)
			}
		}
		if e := workers.Elector("nobody's"); e != nil {
			w.Errorf("the elector of an election without a worker is %v", e)
		}
		app.RequireStop()
		if workers.Elector("x").IsLeader() {
			w.Error("the leader after the stop")
		}
	})
}
