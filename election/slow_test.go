package election

// Shows a promise of callbacks: one that blocks delays no beat and no handover.

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/internal/redistest"
)

// An observer, an OnOverrun or a logger that blocks delays no beat and no
// handover; only the return of Lead waits for it.
func TestBlockedObserverDelaysNothing(t *testing.T) {
	blocks := map[string]func(chan struct{}) option{
		"observer": func(release chan struct{}) option { return observing(func(Event) { <-release }) },
		"logger":   func(release chan struct{}) option { return logging(blocking{release: release}) },
	}
	for name, block := range blocks {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				release := make(chan struct{})
				a, b := w.candidate("a", block(release)), w.candidate("b")
				ra := a.leader(obey)
				rb := b.lead(obey)
				time.Sleep(5 * time.Minute)
				if last := w.lastWrite().at; ra.ctx.Err() != nil || w.since()-last > a.Timing().Beat {
					w.Errorf("context %v, last beat %v ago", ra.ctx.Err(), w.since()-last)
				}
				at := w.since()
				ra.cancel(nil)
				rb.begun()
				if rb.at != at {
					w.Errorf("successor after %v", rb.at-at)
				}
				if ra.isOver() {
					w.Error("Lead returned before its reports were delivered")
				}
				close(release)
				_ = ra.wait()
			})
		})
	}
}

// A logger that blocks must not hold up a grant or a beat either, whatever there
// is to be said: here, that no hint can be published.
func TestBlockedLoggerWithoutHints(t *testing.T) {
	for _, refusedAfter := range []time.Duration{0, time.Minute} {
		bubble(t, func(w *world) {
			release := make(chan struct{})
			a := w.candidate("a", logging(blocking{release: release}))
			time.AfterFunc(refusedAfter, func() {
				w.refuse(func(cmd string, _ []string) string {
					if cmd == "PUBLISH" {
						return "NOPERM this user has no permissions to access one of the channels"
					}
					return ""
				})
			})
			r := a.lead(obey)
			time.Sleep(5 * time.Minute)
			if !r.isElected() {
				w.Error("not elected")
			} else if last := w.lastWrite(); r.ctx.Err() != nil || w.since()-last.at > a.Timing().Beat {
				w.Errorf("context %v, last beat %v ago", r.ctx.Err(), w.since()-last.at)
			}
			r.cancel(nil)
			close(release)
			_ = r.wait()
		})
	}
}

func TestSlowObserverDelaysNothing(t *testing.T) {
	bubble(t, func(w *world) {
		var kinds []Kind
		a := w.candidate("a", observing(func(ev Event) {
			time.Sleep(3 * time.Second)
			kinds = append(kinds, ev.Kind)
		}))
		r := a.leader(obey)
		time.Sleep(5 * time.Minute)
		if r.ctx.Err() != nil {
			w.Error("the term ended")
		}
		_ = r.stop()
		if kinds[0] != KindElected || kinds[len(kinds)-1] != KindReleased {
			w.Errorf("told %v", kinds)
		}
	})
}

// What a blocked observer leaves waiting is dropped at some time, and counted.
func TestDroppedEventsAreCounted(t *testing.T) {
	t.Parallel()
	bubble(t, func(w *world) {
		release := make(chan struct{})
		told, dropped := 0, 0
		a := w.candidate("a", lease(2*time.Second), observing(func(ev Event) {
			<-release
			told++
			dropped += ev.Dropped
		}))
		r := a.leader(obey)
		time.Sleep(10 * time.Minute)
		close(release)
		synctest.Wait()
		time.Sleep(time.Minute)
		beats := w.written("beat")
		_ = r.stop()
		if want := beats + len([]Kind{KindElected, KindRevoked, KindReleased}); told+dropped != want || dropped == 0 {
			w.Errorf("told of %d events, %d were dropped, want %d together", told, dropped, want)
		}
	})
}

func TestBlockedOnOverrunDelaysNothing(t *testing.T) {
	bubble(t, func(w *world) {
		release := make(chan struct{})
		a := w.candidate("a", configured(func(c *Config) { c.OnOverrun = func(Overrun) { <-release } }))
		r := a.leader(a.lingering(time.Minute))
		rb := w.candidate("b").lead(obey)
		time.Sleep(10 * time.Second)
		at := w.since()
		r.cancel(nil)
		rb.begun()
		if rb.at != at+time.Minute {
			w.Errorf("successor after %v", rb.at-at)
		}
		close(release)
	})
}

// blocking is a handler that blocks until release is closed.
type blocking struct {
	slog.Handler
	release chan struct{}
}

func (b blocking) Enabled(context.Context, slog.Level) bool  { return true }
func (b blocking) Handle(context.Context, slog.Record) error { <-b.release; return nil }
func (b blocking) WithAttrs([]slog.Attr) slog.Handler        { return b }
func (b blocking) WithGroup(string) slog.Handler             { return b }

// A network so slow that no attempt has time for the round trips of connecting
// still carries an election, and loses no beat.
func TestConnectingMayTakeLongerThanAnAttempt(t *testing.T) {
	for _, oneWay := range []time.Duration{30 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 140 * time.Millisecond} {
		for name, client := range map[string]option{"a client of ours": unwrapped, "a wrapper": func(*candidate) {}} {
			slow := []option{client, latency(oneWay), lease(3 * time.Second)}
			t.Run(oneWay.String()+" "+name, func(t *testing.T) { bubble(t, func(w *world) { connectSlowly(w, oneWay, slow) }) })
		}
	}
}

func connectSlowly(w *world, oneWay time.Duration, slow []option) {
	a, b := w.candidate("a", slow...), w.candidate("b", slow...)
	ra := a.lead(obey)
	time.Sleep(5 * time.Second)
	if !ra.isElected() {
		w.Fatalf("not elected after 5 s: %v", a.kinds())
	}
	rb := b.lead(obey)
	led := redistest.Either(2*time.Minute, 10*time.Minute)
	time.Sleep(led)
	if ra.ctx.Err() != nil || a.count(KindBeatFailed) > 1 {
		w.Errorf("after %v: %v, %d beats failed", led, a.kinds(), a.count(KindBeatFailed))
	}
	if oneWay < 100*time.Millisecond { // trust leaves no time to connect anew over a slower one
		a.link.Reset()
	}
	time.Sleep(time.Minute)
	if ra.ctx.Err() != nil {
		w.Errorf("a reset connection ended the term: %v", a.kinds())
	}
	ra.cancel(nil)
	rb.begun()
}
