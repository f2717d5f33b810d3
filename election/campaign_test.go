package election

// Shows S1 and S2: of many candidates one leads at a time, in rising terms.

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/internal/record"
)

func TestLeadFromNothing(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a", configured(func(c *Config) { c.Meta = "at home" }))
		r := a.leader(obey)
		if !a.IsLeader() || a.Check() != nil {
			w.Errorf("IsLeader %v, Check %v while the work runs", a.IsLeader(), a.Check())
		}
		time.Sleep(time.Minute)
		if got := w.record(); got.Status != record.Led || got.Term != int64(r.term) || got.Holder != "a" || got.Meta != "at home" || got.Lease != 15*time.Second {
			w.Errorf("record %v, want led by a in term %d", got, r.term)
		}
		if term, ok := TermFrom(r.ctx); !ok || term != r.term {
			w.Errorf("TermFrom = %d, %v; want %d", term, ok, r.term)
		}
		if err := r.stop(); err != nil {
			w.Errorf("Lead after an orderly stop: %v", err)
		}
		if got := w.record(); got.Status != record.Vacant || got.Term != int64(r.term) {
			w.Errorf("record %v, want vacant in the same term", got)
		}
		if a.IsLeader() {
			w.Error("leader after Lead has returned")
		}
		if got := fmt.Sprint(a.kinds()); got != "[elected revoked released]" {
			w.Errorf("events %v", got)
		}
	})
}

// crowd is how many candidates start at once.
var crowd = []int{2, 10, 100}

func TestOneLeaderOfManyThatStartAtOnce(t *testing.T) {
	t.Parallel()
	for _, n := range crowd {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			bubble(t, func(w *world) {
				start(w, n)
				expectTerms(w, 1)
				if at := w.terms()[0].at; at != 0 {
					w.Errorf("elected at %v, want at once", at)
				}
				time.Sleep(3 * 15 * time.Second)
				expectTerms(w, 1)
			})
		})
	}
}

func TestFirstStartEverWaitsALease(t *testing.T) {
	t.Parallel()
	for _, n := range append(crowd, 1) {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			bubble(t, func(w *world) {
				all, _ := start(w, n, quarantine)
				if got := w.record(); got.Status != record.Quarantined || got.Lease != 15*time.Second {
					w.Errorf("record %v, want quarantined for a lease", got)
				}
				time.Sleep(30 * time.Second)
				expectTerms(w, 1)
				if at := w.terms()[0].at; at != 15*time.Second+spread {
					w.Errorf("elected at %v, want after a lease and %v", at, spread)
				}
				for _, c := range all {
					if got := c.event(KindQuarantined); got.Wait != 15*time.Second || c.count(KindQuarantined) != 1 {
						w.Errorf("%s was told %+v, in %v", c.ID(), got, c.kinds())
					}
				}
				if n := w.written("quarantined"); n != 1 {
					w.Errorf("%d quarantines were written", n)
				}
			})
		})
	}
}

// spread is the random delay of a takeover at a lease of 15 s, without latency
// and with a chance of 0.5.
const spread = 75 * time.Millisecond

// start starts n candidates at once.
func start(w *world, n int, options ...option) ([]*candidate, []*run) {
	all, runs := make([]*candidate, n), make([]*run, n)
	for i := range all {
		all[i] = w.candidate(fmt.Sprint("candidate ", i), options...)
	}
	for i, c := range all {
		runs[i] = c.lead(obey)
	}
	synctest.Wait()
	return all, runs
}

func expectTerms(w *world, n int) {
	w.Helper()
	synctest.Wait()
	if got := w.terms(); len(got) != n {
		w.Errorf("%v: %d terms %v, want %d", w.since(), len(got), got, n)
	}
}

func TestReleaseWakesExactlyOneSuccessor(t *testing.T) {
	t.Parallel()
	for _, n := range crowd {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			bubble(t, func(w *world) {
				_, runs := start(w, n)
				for term := 1; term <= 3 && term < n; term++ {
					time.Sleep(20 * time.Second)
					at := w.since()
					stopLeader(runs)
					expectTerms(w, term+1)
					if got := w.terms()[term].at; got != at {
						w.Errorf("successor after %v, want at once", got-at)
					}
				}
			})
		})
	}
}

// stopLeader ends the run that leads.
func stopLeader(runs []*run) {
	for _, r := range runs {
		if r.c.IsLeader() {
			r.cancel(nil)
			return // the next one may lead already
		}
	}
}

func TestReleaseWithoutHintsIsSeenAtTheNextLook(t *testing.T) {
	bubble(t, func(w *world) {
		all, runs := start(w, 10, deaf)
		for term := 1; term <= 3; term++ {
			time.Sleep(20*time.Second + time.Duration(term)*300*time.Millisecond)
			at := w.since()
			stopLeader(runs)
			time.Sleep(all[0].Timing().Beat * 11 / 10)
			expectTerms(w, term+1)
			if got := w.terms()[term].at; got == at {
				w.Error("successor at once although no push gets through")
			}
		}
	})
}

func TestEveryoneLeadsInTurn(t *testing.T) {
	bubble(t, func(w *world) {
		for i := range 5 {
			c := w.candidate(fmt.Sprint("candidate ", i))
			c.keep(lasting(time.Second, nil))
		}
		time.Sleep(4900 * time.Millisecond)
		expectTerms(w, 5)
		seen := map[string]bool{}
		for _, e := range w.terms() {
			seen[e.id] = true
		}
		if len(seen) != 5 {
			w.Errorf("terms %v: somebody led again within its cool-down", w.terms())
		}
	})
}

func TestLeadEndsBeforeItBegins(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		cause := errors.New("never mind")
		ctx, cancel := context.WithCancelCause(w.Context())
		cancel(cause)
		err := a.Lead(ctx, func(context.Context, Term) error { w.Error("worked"); return nil })
		if !errors.Is(err, cause) || Permanent(err) {
			w.Errorf("Lead = %v, want %v", err, cause)
		}
		if len(w.history()) != 0 {
			w.Errorf("wrote %v", w.history())
		}
	})
}

func TestLeadEndsWhileStandingBy(t *testing.T) {
	bubble(t, func(w *world) {
		w.candidate("a").leader(obey)
		b := w.candidate("b")
		r := b.lead(obey)
		time.Sleep(10 * time.Second)
		cause := errors.New("never mind")
		at := w.since()
		r.cancel(cause)
		if err := r.wait(); !errors.Is(err, cause) || r.errAt != at {
			w.Errorf("Lead = %v after %v, want %v at once", err, r.errAt-at, cause)
		}
		if got := fmt.Sprint(b.kinds()); got != "[standby]" {
			w.Errorf("events %v", got)
		}
	})
}

func TestOneElectorLeadsOnce(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		r := a.leader(obey)
		if err := a.Lead(w.Context(), obey); !errors.Is(err, ErrRunning) {
			w.Errorf("the second Lead = %v, want %v", err, ErrRunning)
		}
		if err := a.conn.Close(); !errors.Is(err, ErrRunning) {
			w.Errorf("Close = %v, want %v", err, ErrRunning)
		}
		if !a.IsLeader() || r.isOver() {
			w.Error("the second Lead disturbed the first")
		}
		_ = r.stop()
		if err := a.conn.Close(); err != nil {
			w.Errorf("Close = %v", err)
		}
		if err := a.Lead(w.Context(), obey); !errors.Is(err, ErrClosed) {
			w.Errorf("Lead after Close = %v, want %v", err, ErrClosed)
		}
	})
}

func TestLeadRefusesNoWork(t *testing.T) {
	bubble(t, func(w *world) {
		if err := w.candidate("a").Lead(w.Context(), nil); !errors.Is(err, ErrConfig) {
			w.Errorf("Lead without work = %v, want %v", err, ErrConfig)
		}
	})
}

func TestTwinsStandSideBySide(t *testing.T) {
	bubble(t, func(w *world) {
		a, b := w.candidate("twin"), w.candidate("twin")
		ra := a.leader(obey)
		rb := b.lead(obey)
		time.Sleep(5 * time.Minute)
		if rb.isElected() || ra.isOver() {
			w.Error("the ID decided something")
		}
		_ = ra.stop()
		rb.begun()
		a.lead(obey)
		time.Sleep(time.Minute)
		_ = rb.stop()
		b.lead(obey)
		time.Sleep(time.Minute)
		if a.count(KindDuplicateID) != 1 || b.count(KindDuplicateID) != 1 {
			w.Errorf("told %d and %d times of a duplicate ID, want once each", a.count(KindDuplicateID), b.count(KindDuplicateID))
		}
	})
}

// A process that comes back under its old ID finds its former record: that is no
// duplicate, and no reason to adopt it.
func TestFormerRunIsNoTwin(t *testing.T) {
	bubble(t, func(w *world) {
		w.zombies = true
		a := w.candidate("a")
		r := a.leader(obey)
		time.Sleep(time.Minute)
		a.swallow()
		again := w.candidate("a")
		at := w.lastWrite().at
		ra := again.lead(obey)
		ra.begun()
		if again.count(KindDuplicateID) != 0 {
			w.Error("took its former run for a twin")
		}
		if waited := ra.at - at; waited < 15*time.Second {
			w.Errorf("led %v after the last beat of its former run", waited)
		}
		_ = r.wait()
	})
}

// The gap is how long the candidate knew nobody to lead.
func TestElectedTellsOfTheGap(t *testing.T) {
	bubble(t, func(w *world) {
		a, b := w.candidate("a", coolDown(40*time.Second)), w.candidate("b", coolDown(20*time.Second))
		_ = a.leader(lasting(time.Second, nil)).wait()
		_ = b.leader(lasting(time.Second, nil)).wait()
		b.leader(obey)
		if ev := b.event(KindElected); ev.Reason != ReasonVacancy || ev.Gap != 20*time.Second || ev.ID != "b" || ev.Name != "x" {
			w.Errorf("told %+v, want a gap of 20s", ev)
		}
		rc := w.candidate("c").lead(obey)
		time.Sleep(time.Minute)
		b.swallow()
		rc.begun()
		if ev := rc.c.event(KindElected); ev.Reason != ReasonSilence || ev.Gap != 0 || ev.Silence != 15*time.Second+spread {
			w.Errorf("told %+v: nobody can know since when a silent leader does not lead, but for how long it was silent", ev)
		}
	})
}
