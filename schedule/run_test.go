package schedule

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/election"
)

func TestAJobRunsAtEachDueTime(t *testing.T) {
	bubble(t, func(w *world) {
		p := w.process("a", w.job("m", Every(time.Minute)))
		w.at(3*time.Minute + time.Second)
		w.expect("1m0s m for 1m0s", "2m0s m for 2m0s", "3m0s m for 3m0s")
		w.expectHistory("m", "began", "done", "done", "done")
		if err := p.stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestAHandoverMissesNothing(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.process("a", w.job("m", Every(time.Minute)))
		w.at(time.Second)
		b := w.process("b", w.job("m", Every(time.Minute)))
		w.at(time.Minute - time.Millisecond)
		if err := a.elector.StepDown(w.Context(), ""); err != nil {
			t.Fatal(err)
		}
		w.at(2*time.Minute + time.Second)
		w.expect("1m0s m for 1m0s", "2m0s m for 2m0s")
		if !b.elector.IsLeader() {
			t.Error("no handover")
		}
	})
}

var _ context.Context
var _ election.Term
var _ = synctest.Wait
