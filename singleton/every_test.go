package singleton_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/singleton"
)

// begins are when the runs began.
func begins(runs []run) []time.Duration {
	var at []time.Duration
	for _, r := range runs {
		at = append(at, r.began)
	}
	return at
}

func TestEveryRunsAtOnceAndThenEveryInterval(t *testing.T) {
	bubble(t, func(w *world) {
		d := w.diary()
		k := w.candidate("a").keep(singleton.Every(10*time.Second, d.of(func(ctx context.Context, term election.Term) error {
			if got, ok := election.TermFrom(ctx); !ok || got != term || ctx.Err() != nil {
				w.Errorf("the task's context is of term %d, %t, %v; want %d", got, ok, ctx.Err(), term)
			}
			time.Sleep(3 * time.Second) // as long as it takes, the interval stays
			return nil
		})), singleton.Policy{})
		time.Sleep(35 * time.Second)
		if err := k.stop(); err != nil {
			w.Errorf("Keep returned %v", err)
		}
		want := []time.Duration{0, 10 * time.Second, 20 * time.Second, 30 * time.Second}
		if got := begins(d.read()); !slices.Equal(got, want) {
			w.Errorf("ran at %v, want %v", got, want)
		}
		if k.at != 35*time.Second {
			w.Errorf("Keep returned at %v, want 35s: nothing ran", k.at)
		}
	})
}

// A run that takes longer than the interval delays none of those after it. What it
// covered is not made up for, but for one run at once at most.
func TestEveryDropsWhatASlowTaskCovers(t *testing.T) {
	bubble(t, func(w *world) {
		d, slow := w.diary(), true
		k := w.candidate("a").keep(singleton.Every(10*time.Second, d.of(func(context.Context, election.Term) error {
			if slow {
				slow = false
				time.Sleep(45 * time.Second)
			}
			return nil
		})), singleton.Policy{})
		time.Sleep(75 * time.Second)
		if err := k.stop(); err != nil {
			w.Errorf("Keep returned %v", err)
		}
		got := slices.DeleteFunc(begins(d.read()), func(at time.Duration) bool { return at == 45*time.Second })
		want := []time.Duration{0, 50 * time.Second, 60 * time.Second, 70 * time.Second}
		if !slices.Equal(got, want) {
			w.Errorf("ran at %v, want %v", got, want)
		}
	})
}

func TestEveryRunsOneTaskAtATime(t *testing.T) {
	bubble(t, func(w *world) {
		d := w.diary()
		k := w.candidate("a").keep(singleton.Every(time.Second, d.of(func(context.Context, election.Term) error {
			time.Sleep(2500 * time.Millisecond)
			return nil
		})), singleton.Policy{})
		time.Sleep(time.Minute)
		if err := k.stop(); err != nil {
			w.Errorf("Keep returned %v", err)
		}
		for i, r := range d.read()[1:] {
			if before := d.read()[i]; r.began < before.ended {
				w.Errorf("a run began at %v, before the last had ended at %v", r.began, before.ended)
			}
		}
	})
}

func TestEveryEndsWithTheTerm(t *testing.T) {
	bubble(t, func(w *world) {
		d := w.diary()
		k := w.candidate("a").keep(singleton.Every(time.Hour, d.of(func(ctx context.Context, _ election.Term) error {
			if w.now() == 0 {
				return nil
			}
			<-ctx.Done() // in the middle of a run
			return nil
		})), singleton.Policy{})
		time.Sleep(time.Minute)
		w.vacate()
		time.Sleep(2 * time.Minute) // elected again, and a run has begun
		if err := k.stop(); err != nil {
			w.Errorf("Keep returned %v", err)
		}
		runs := d.read()
		if len(runs) != 2 || runs[0].term == runs[1].term {
			w.Errorf("ran %+v, want a run in each of two terms", runs)
		}
		if k.at != 3*time.Minute {
			w.Errorf("Keep returned at %v, want 3m", k.at)
		}
	})
}

// An error of the task is an error of the work: the policy decides.
func TestEveryEndsWithAnError(t *testing.T) {
	bubble(t, func(w *world) {
		d := w.diary()
		k := w.candidate("a").keep(singleton.Every(10*time.Second, d.of(func(context.Context, election.Term) error {
			if w.now() >= 20*time.Second {
				return errBoom
			}
			return nil
		})), singleton.Policy{OnReturn: singleton.OnReturnStop})
		if err := k.returned(); !errors.Is(err, errBoom) || k.at != 20*time.Second {
			w.Errorf("Keep returned %v at %v, want the error of the third run at 20s", err, k.at)
		}
		w.expectStatus(record.Vacant)
	})
}
