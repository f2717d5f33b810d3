//go:build unix

package realserver_test

// Shows the liveness bounds: masters of a cluster that do not own the slot matter to nobody.

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/redistest"
)

// A master of a cluster that does not own the election's slot has nothing to do with the
// election. When it hangs or dies, and its replica is not promoted yet, no look fails, no
// beat fails, and a step-down takes no longer than before.
func TestAnotherMasterOfTheClusterIsAway(t *testing.T) {
	t.Parallel()
	for name, away := range map[string]func(*redistest.Server){
		"hangs": (*redistest.Server).Stop,
		"dies":  (*redistest.Server).Kill,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := redistest.StartCluster(t, time.Minute)
			o := &arena{t: t, server: c.Nodes[0], log: &memo{}, working: map[election.Term]string{}}
			w := &bystanding{arena: o}
			var members []*member
			for _, id := range []string{"a", "b", "c"} {
				members = append(members, o.join(id, c.Client(), patient, w.watch))
			}
			for _, m := range members {
				campaign(t, m)
			}
			awaitBeat(o, members, time.Now())
			asker := o.join("asker", c.Client(), patient)
			o.leading(asker) // its client knows the cluster

			victim := c.Bystander("incumbent:{x}")
			away(victim)
			w.begin()
			time.Sleep(2 * asker.Timing().Lease) // at least four looks of each standby
			w.stepDowns(asker, members)
			if failed := w.failed.Load(); failed > 0 {
				t.Errorf("%d looks or beats failed", failed)
			}
		})
	}
}

// bystanding counts what fails from when it has begun.
type bystanding struct {
	*arena

	begun  atomic.Bool
	failed atomic.Int32
}

func (w *bystanding) begin() { w.begun.Store(true) }

func (w *bystanding) watch(c *election.Config) {
	observe := c.Observer
	c.Observer = func(ev election.Event) {
		if w.begun.Load() && (ev.Kind == election.KindUnreachable || ev.Kind == election.KindBeatFailed) {
			w.failed.Add(1)
			w.t.Logf("%s: %s %v", c.ID, ev.Kind, ev.Err)
		}
		observe(ev)
	}
}

// stepDowns asks four times, since requests without a key went to the masters in turn.
func (w *bystanding) stepDowns(asker *member, members []*member) {
	for range 4 {
		awaitBeat(w.arena, members, time.Now())
		ctx, cancel := context.WithTimeout(w.t.Context(), patience)
		began := time.Now()
		err := asker.StepDown(ctx, "")
		cancel()
		if took := time.Since(began); err != nil || took >= asker.Timing().Attempt {
			w.t.Errorf("StepDown = %v after %v, want nil within an attempt of %v", err, took, asker.Timing().Attempt)
		}
	}
}
