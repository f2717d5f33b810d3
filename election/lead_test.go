package election

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestLeadFromNothing(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		r := a.lead(obey)
		<-r.elected
		if !a.IsLeader() {
			t.Error("not the leader while its work runs")
		}
		time.Sleep(time.Minute)
		if got := w.record(); got.status != led || got.term != r.term {
			t.Errorf("record %v, want led in term %d", got, r.term)
		}
		if err := r.stop(); err != nil {
			t.Errorf("Lead after an orderly stop: %v", err)
		}
		if got := w.record(); got.status != vacant {
			t.Errorf("record %v, want vacant", got)
		}
		if a.IsLeader() {
			t.Error("leader after Lead has returned")
		}
		t.Log(a.kinds())
	})
}

func TestHandoverAfterRelease(t *testing.T) {
	bubble(t, func(w *world) {
		a, b := w.candidate("a"), w.candidate("b")
		ra := a.lead(obey)
		<-ra.elected
		rb := b.lead(obey)
		time.Sleep(time.Minute)
		if rb.isElected() {
			t.Fatal("two leaders")
		}
		at := w.since()
		ra.cancel(nil)
		<-rb.elected
		t.Log(rb.at - at)
		<-ra.ended
		t.Log(a.kinds(), b.kinds())
	})
}

func TestTakeOverAfterCut(t *testing.T) {
	bubble(t, func(w *world) {
		a, b := w.candidate("a"), w.candidate("b")
		ra := a.lead(obey)
		<-ra.elected
		rb := b.lead(obey)
		time.Sleep(time.Minute)
		at := w.since()
		a.link.Swallow()
		<-ra.ctx.Done()
		t.Log("expired", w.since()-at, context.Cause(ra.ctx))
		<-rb.elected
		t.Log("taken over", rb.at-at)
		<-ra.ended
		if !errors.Is(ra.err, ErrExpired) {
			t.Errorf("Lead returned %v", ra.err)
		}
		t.Log(ra.errAt-at, ra.err)
		t.Log(a.kinds(), b.kinds())
	})
}
