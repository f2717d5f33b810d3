package schedule

import (
	"errors"
	"strings"
	"testing"
	"time"

	"example.com/incumbent/election"
)

// asker is somebody who does not campaign.
func (w *world) asker() *Ledger {
	w.Helper()
	e, err := election.New(w.stub.Client(w.stub.Link()), election.Config{Name: "nightly", ID: "asker"})
	if err != nil {
		w.Fatal(err)
	}
	return NewLedger(e)
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Error(err)
	}
}

func TestDueTimesOfAPauseAreDropped(t *testing.T) {
	bubble(t, func(w *world) {
		w.process("a", w.job("m", Every(time.Minute)))
		w.at(90 * time.Second)
		l := w.asker()
		w.must(l.Pause(w.Context(), "m", time.Time{}, "a migration"))
		w.at(4*time.Minute + 30*time.Second)
		jobs, err := l.Jobs(w.Context())
		if err != nil || len(jobs) != 1 || !jobs[0].Paused || jobs[0].PauseReason != "a migration" || !jobs[0].PausedUntil.IsZero() || jobs[0].Waiting != 0 {
			w.Errorf("%+v, %v", jobs, err)
		}
		w.must(l.Resume(w.Context(), "m", ""))
		w.must(l.Resume(w.Context(), "m", "twice is once"))
		w.at(5*time.Minute + time.Second)
		w.expect("1m0s m for 1m0s", "5m0s m for 5m0s missed 3")
		w.expectHistory("m", "began", "done", "paused 3", "done")
		if w.count(KindMissed) != 1 {
			w.Errorf("%+v", w.events)
		}
	})
}

func TestAPauseEndsByItself(t *testing.T) {
	bubble(t, func(w *world) {
		w.process("a", w.job("m", Every(time.Minute)))
		w.at(30 * time.Second)
		w.must(w.asker().Pause(w.Context(), "m", w.began.Add(150*time.Second), ""))
		w.at(3*time.Minute + time.Second)
		w.expect("3m0s m for 3m0s missed 2")
		if e := w.entry("m"); e.pause.set {
			w.Errorf("%+v", e)
		}
	})
}

// A pause also counts if nobody leads when it ends.
func TestAPauseThatEndsWithoutALeader(t *testing.T) {
	bubble(t, func(w *world) {
		job := w.job("m", Every(time.Minute), func(j *Job) { j.CatchUp = 10 })
		a := w.process("a", job)
		w.at(30 * time.Second)
		l := w.asker()
		w.must(l.Pause(w.Context(), "m", time.Time{}, ""))
		w.at(40 * time.Second)
		_ = a.stop()
		w.at(150 * time.Second)
		w.must(l.Resume(w.Context(), "m", ""))
		w.at(210 * time.Second)
		w.process("b", job)
		w.at(4*time.Minute - time.Second)
		w.expect("3m30s m for 3m0s missed 2")
	})
}

func TestTriggerRunsOnceAtOnce(t *testing.T) {
	bubble(t, func(w *world) {
		w.process("a", w.job("m", Every(time.Hour)))
		w.at(10 * time.Second)
		l := w.asker()
		w.must(l.Pause(w.Context(), "m", time.Time{}, "also in a pause"))
		w.must(l.Trigger(w.Context(), "m", "asked by finance"))
		w.at(11 * time.Second)
		w.expect("10s m asked")
		got, err := l.History(w.Context(), "m", 1)
		if err != nil || len(got) != 1 || got[0].Outcome != OutcomeDone || !got[0].Tick.Due.IsZero() || got[0].ID != "a" || got[0].Tick.Attempt != 1 {
			w.Errorf("%+v, %v", got, err)
		}
		if err := l.Trigger(w.Context(), "n", ""); !errors.Is(err, ErrNoJob) {
			w.Errorf("an unknown job: %v", err)
		}
	})
}

func TestTriggerTwiceBeforeTheRunIsOnce(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.process("a", w.job("m", Every(time.Hour)))
		w.at(time.Second)
		_ = a.stop()
		l := w.asker()
		w.must(l.Trigger(w.Context(), "m", ""))
		w.must(l.Trigger(w.Context(), "m", ""))
		w.process("a", w.job("m", Every(time.Hour)))
		w.at(20 * time.Second)
		w.expect("1s m asked")
	})
}

func TestJobsThatAreGoneAreForgotten(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.process("a", w.job("m", Every(time.Hour)), w.job("old", Every(time.Hour)))
		w.at(time.Second)
		l := w.asker()
		if err := l.Forget(w.Context(), "old"); !errors.Is(err, election.ErrConfig) {
			w.Errorf("a job that is declared: %v", err)
		}
		_ = a.stop()
		w.process("a", w.job("m", Every(time.Hour)))
		w.at(2 * time.Second)
		jobs, err := l.Jobs(w.Context())
		if err != nil || len(jobs) != 2 || jobs[0].Undeclared || !jobs[1].Undeclared {
			w.Errorf("%+v, %v", jobs, err)
		}
		if err := l.Trigger(w.Context(), "old", ""); !errors.Is(err, ErrNoJob) || !strings.Contains(err.Error(), "add it to the schedule first") || w.entry("old").ask.at != 0 {
			w.Errorf("a run that nobody would do: %v", err)
		}
		w.must(l.Forget(w.Context(), "old"))
		if _, err := l.History(w.Context(), "old", 0); !errors.Is(err, ErrNoJob) {
			w.Errorf("after it is forgotten: %v", err)
		}
	})
}

func TestAnEntryOfNobodyIsRemovedAfterAMonth(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.process("a", w.job("m", Every(24*time.Hour)), w.job("old", Every(24*time.Hour)))
		w.at(time.Second)
		_ = a.stop()
		b := w.process("a", w.job("m", Every(24*time.Hour)))
		w.at(2 * time.Second)
		_ = b.stop()
		w.at(29 * 24 * time.Hour)
		b = w.process("a", w.job("m", Every(24*time.Hour)))
		w.at(29*24*time.Hour + time.Second)
		_ = b.stop()
		w.entry("old")
		w.at(32 * 24 * time.Hour)
		w.process("a", w.job("m", Every(24*time.Hour)))
		w.at(32*24*time.Hour + time.Second)
		if got := w.stub.Mini.HGet("incumbent:{nightly}:ledger", "old"); got != "" {
			w.Errorf("%q", got)
		}
	})
}
