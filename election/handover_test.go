package election

// Shows the liveness bounds: a release notifies those that have waited longest.

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/internal/link"
	"example.com/incumbent/internal/succession"
)

// A release wakes one candidate, however many wait: the others send nothing
// before they hear who it is.
func TestReleaseWakesOneCandidate(t *testing.T) {
	bubble(t, func(w *world) {
		_, runs := start(w, 20)
		time.Sleep(20 * time.Second)
		before := w.requests("cas")
		at := w.since()
		stopLeader(runs)
		expectTerms(w, 2)
		if got := w.terms()[1].at; got != at {
			w.Errorf("successor after %v, want at once", got-at)
		}
		if n := w.requests("cas") - before; n != 2 {
			w.Errorf("a handover took %d compare-and-sets, want a release and a grant", n)
		}
	})
}

// Over repeated handovers leadership goes round: who has waited longest is next.
func TestTheLongestWaitingIsNext(t *testing.T) {
	bubble(t, func(w *world) {
		const n = 7
		all := make([]*candidate, n)
		for i := range all {
			all[i] = w.candidate(fmt.Sprint(i))
			defer all[i].keep(obey)()
			time.Sleep(time.Second) // one comes after the other
		}
		var order []string
		for range 3 * n {
			time.Sleep(20 * time.Second)
			order = append(order, w.record().Holder)
			leader := all[slices.IndexFunc(all, func(c *candidate) bool { return c.IsLeader() })]
			if err := leader.StepDown(w.Context(), ""); err != nil {
				w.Fatal(err)
			}
			synctest.Wait()
		}
		for i, id := range order {
			if want := fmt.Sprint(i % n); id != want {
				t.Errorf("leadership went to %v", order)
				break
			}
		}
	})
}

// A waiter that has gone is passed over at once, one that is stalled or cut off
// costs the turn that it was given.
func TestHandoverPastWaitersThatDoNotTakeIt(t *testing.T) {
	turn := succession.LeastTurn
	for name, tc := range map[string]struct {
		fail func(c *candidate)
		n    int // of those that wait longest
		cost time.Duration
	}{
		"the first is stalled":         {func(c *candidate) { c.clock.Stall(time.Minute) }, 1, turn},
		"the first is cut off":         {func(c *candidate) { c.swallow() }, 1, turn},
		"the first can't be answered":  {func(c *candidate) { c.link.Stall(link.ToServer) }, 1, turn},
		"the first two are cut off":    {func(c *candidate) { c.swallow() }, 2, 2 * turn},
		"the first has gone":           {func(c *candidate) { c.cut() }, 1, 0},
		"the first three have gone":    {func(c *candidate) { c.cut() }, 3, 0}, // nobody is told, so everybody is
		"the first three are cut off":  {func(c *candidate) { c.swallow() }, 3, 5 * time.Second},
		"the first three are in limbo": {func(c *candidate) { c.link.Stall(link.ToServer) }, 3, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				w.zombies = true
				runs := make([]*run, 6)
				for i := range runs {
					runs[i] = w.candidate(fmt.Sprint(i)).lead(obey)
					time.Sleep(time.Second)
				}
				time.Sleep(20 * time.Second)
				for _, r := range runs[1 : 1+tc.n] {
					tc.fail(r.c)
				}
				synctest.Wait() // until the server knows who has gone
				at := w.since()
				stopLeader(runs)
				time.Sleep(10 * time.Second)
				if len(w.terms()) != 2 {
					w.Fatalf("terms %v", w.terms())
				}
				if took := w.terms()[1].at - at; took > tc.cost || took < tc.cost && tc.cost < time.Second {
					w.Errorf("handed over after %v, want %v", took, tc.cost)
				}
			})
		})
	}
}

// Who looks while a vacancy is reserved for another may take it: a candidate that
// has just been started must not wait.
func TestALookThatFindsAVacancyMayTakeIt(t *testing.T) {
	bubble(t, func(w *world) {
		first := w.candidate("first").leader(obey)
		heir := w.candidate("heir")
		heir.lead(obey)
		time.Sleep(20 * time.Second)
		heir.swallow()
		late := w.candidate("late")
		w.trap("released", "first", 1, func(arrival) {
			time.AfterFunc(time.Millisecond, func() { late.lead(obey) })
		})
		at := w.since()
		_ = first.stop()
		time.Sleep(time.Second)
		if terms := w.terms(); len(terms) != 2 || terms[1].id != "late" || terms[1].at-at > 2*time.Millisecond {
			w.Errorf("terms %v", terms)
		}
	})
}
