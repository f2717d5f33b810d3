package election

// Shows a promise of Lead: callbacks may ask their own elector, and lose no event but beats.

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/internal/clocktest"
)

// endsWithin fails the test if f has not returned after a minute: callbacks that wait
// for the call that waits for them never do.
func endsWithin(w *world, what string, f func()) {
	w.Helper()
	ended := make(chan struct{})
	go func() { defer close(ended); f() }()
	select {
	case <-ended:
	case <-time.After(time.Minute):
		w.Fatalf("%s has not returned after a minute", what)
	}
}

// The end of one's own term is just when one asks who leads now, and it is when the last
// call of the Conn ends.
func TestObserverAsksItsOwnElector(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		var asked []error
		a.cfg.Observer = func(ev Event) {
			if ev.Kind == KindReleased {
				ctx, cancel := context.WithTimeout(context.Background(), time.Second)
				defer cancel()
				_, err := a.Leader(ctx)
				asked = append(asked, err)
			}
		}
		a.connect()
		endsWithin(w, "Lead", func() {
			_ = a.Lead(w.Context(), func(context.Context, Term) error { return nil })
		})
		if fmt.Sprint(asked) != "[<nil>]" {
			w.Errorf("asked with %v", asked)
		}
	})
}

// A call that a callback makes may last longer than the Lead that it belongs to.
func TestObserverObserves(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a", coolDown(-1))
		a.cfg.Observer = func(ev Event) {
			if ev.Kind == KindRevoked {
				ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
				defer cancel()
				for range a.Observe(ctx) {
				}
			}
		}
		a.connect()
		for i := range 2 {
			endsWithin(w, fmt.Sprint("Lead ", i), func() {
				_ = a.Lead(w.Context(), func(context.Context, Term) error { return nil })
			})
		}
		if err := a.conn.Close(); err != nil {
			w.Error(err)
		}
	})
}

func TestOnOverrunAsksItsOwnElector(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		over := make(chan struct{})
		var answer error
		a.cfg.OnOverrun = func(Overrun) {
			close(over)
			time.Sleep(100 * time.Millisecond) // the work has returned meanwhile
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			_, answer = a.Leader(ctx)
		}
		a.connect()
		endsWithin(w, "Lead", func() {
			ctx, cancel := context.WithCancel(w.Context())
			_ = a.Lead(ctx, func(context.Context, Term) error {
				cancel()
				<-over
				return nil
			})
		})
		if answer != nil {
			w.Errorf("Leader = %v", answer)
		}
	})
}

func TestOnOverrunObserves(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		over, observed := make(chan struct{}), make(chan struct{})
		a.cfg.OnOverrun = func(Overrun) {
			close(over)
			ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
			defer cancel()
			for range a.Observe(ctx) {
			}
			close(observed)
		}
		a.connect()
		endsWithin(w, "Lead", func() {
			ctx, cancel := context.WithCancel(w.Context())
			_ = a.Lead(ctx, func(context.Context, Term) error {
				cancel()
				<-over
				time.Sleep(50 * time.Millisecond)
				return nil
			})
		})
		select {
		case <-observed:
		default:
			w.Error("Lead returned while its OnOverrun was still running")
		}
	})
}

// A crowd of elections and an observer that takes its time: beats are dropped, and
// nothing else.
func TestOnlyBeatsAreDropped(t *testing.T) {
	bubble(t, func(w *world) {
		const elections = 150 // whose beats alone are more than a queue of a thousand would hold
		kinds := map[Kind]int{}
		dropped := 0
		a := w.candidate("a", observing(func(ev Event) {
			time.Sleep(5 * time.Millisecond)
			kinds[ev.Kind]++
			dropped += ev.Dropped
			if ev.Kind != KindBeat && ev.Dropped != 0 {
				w.Errorf("%s counts %d dropped", ev.Kind, ev.Dropped)
			}
		}))
		ctx, cancel := context.WithCancel(w.Context())
		ended := make(chan error)
		for i := range elections {
			e := a.sibling(func(c *Config) { c.Name, c.Lease = fmt.Sprint("x", i), 2*time.Second })
			go func() { ended <- e.Lead(ctx, obey) }()
		}
		time.Sleep(5 * time.Second)
		cancel()
		for range elections {
			<-ended
		}
		for _, k := range []Kind{KindElected, KindRevoked, KindReleased} {
			if kinds[k] != elections {
				w.Errorf("%s was observed %d times, want %d", k, kinds[k], elections)
			}
		}
		if dropped == 0 {
			w.Error("no beat was dropped: the test shows nothing")
		}
	})
}

// Of an elector's beats that wait the latest is kept, and its events stay in order.
func TestTheLatestBeatWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		var got []string
		reporter, clock := newReporter(), clocktest.New(1)
		observed := func(name string) *candidacy {
			return &candidacy{clock: clock, log: slog.New(slog.DiscardHandler), cfg: Config{Name: name, Observer: func(ev Event) {
				<-gate
				got = append(got, fmt.Sprint(ev.Name, " ", ev.Kind, " ", ev.Term, " ", ev.Dropped))
			}}}
		}
		a, b := observed("a"), observed("b")
		report := func(c *candidacy, k Kind, n Term) { reporter.report(c, Event{Kind: k, Term: n}) }
		report(a, KindBeat, 1) // is being delivered
		synctest.Wait()
		report(a, KindBeat, 2)
		report(b, KindBeat, 3)
		report(a, KindBeat, 4)
		report(a, KindBeatFailed, 5)
		report(a, KindBeat, 6)
		report(b, KindBeat, 7)
		report(a, KindBeat, 8)
		close(gate)
		reporter.flush(a)
		reporter.flush(b)
		want := "[a beat 1 0 a beat 4 1 b beat 7 1 a beat_failed 5 0 a beat 8 1]"
		if fmt.Sprint(got) != want {
			t.Errorf("observed %v, want %s", got, want)
		}
	})
}
