package election

// Shows a promise of StepDown: the leader drains, releases, and does not campaign for its
// cool-down.

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/internal/link"
	"example.com/incumbent/internal/record"
)

func TestStepDownHandsOver(t *testing.T) {
	bubble(t, func(w *world) {
		a, b, c := w.candidate("a"), w.candidate("b"), w.candidate("c")
		ra := a.leader(obey)
		rb, rc := b.lead(obey), c.lead(obey)
		time.Sleep(time.Minute)
		at := w.since()
		if err := b.StepDown(w.Context(), ""); err != nil {
			w.Errorf("StepDown = %v", err)
		}
		if err := ra.wait(); !errors.Is(err, ErrStepDown) || ra.errAt != at || a.event(KindRevoked).Reason != ReasonStepDown {
			w.Errorf("Lead = %v after %v, revoked for %q", err, ra.errAt-at, a.event(KindRevoked).Reason)
		}
		expectTerms(w, 2)
		if w.terms()[1].at != at {
			w.Errorf("successor after %v, want at once", w.terms()[1].at-at)
		}

		// The one that was asked stands back, even when leadership becomes free.
		again := a.lead(obey)
		time.Sleep(time.Second)
		_ = rb.stop()
		_ = rc.stop()
		again.begun()
		if waited := again.at - at; waited != 5*time.Second {
			w.Errorf("led again after %v, want the cool-down of 5s", waited)
		}
	})
}

func TestSoleCandidateLeadsAgainAfterItsCoolDown(t *testing.T) {
	for _, d := range []time.Duration{0, 2 * time.Second, 40 * time.Second} {
		bubble(t, func(w *world) {
			a := w.candidate("a", coolDown(d))
			r := a.leader(obey)
			time.Sleep(time.Minute)
			at := w.since()
			_ = a.StepDown(w.Context(), "") // anybody may ask, also the leader
			_ = r.wait()
			again := a.leader(obey)
			want := d
			if d == 0 {
				want = a.Timing().Lease / 3
			}
			if waited := again.at - at; waited != want {
				w.Errorf("led again after %v, want the cool-down of %v", waited, want)
			}
		})
	}
}

func TestCoolDownIsASecondAtLeast(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a", lease(2*time.Second))
		_ = a.leader(lasting(0, nil)).wait()
		if again := a.leader(obey); again.at != time.Second {
			w.Errorf("led again after %v", again.at)
		}
	})
}

func TestNobodyToStepDown(t *testing.T) {
	for name, c := range map[string]struct {
		before         func(w *world)
		asked, leading error
	}{
		"absent":      {func(*world) {}, ErrNoElection, ErrNoElection},
		"vacant":      {func(w *world) { _ = w.candidate("z").leader(obey).stop() }, ErrNoLeader, nil},
		"quarantined": {func(w *world) { w.candidate("z", quarantine).lead(obey); time.Sleep(time.Second) }, ErrNoLeader, nil},
	} {
		bubble(t, func(w *world) {
			c.before(w)
			writes := len(w.history())
			a := w.candidate("a")
			if err := a.StepDown(w.Context(), ""); !errors.Is(err, c.asked) || Permanent(err) {
				w.Errorf("%s: StepDown = %v, want %v", name, err, c.asked)
			}
			if l, err := a.Leader(w.Context()); !errors.Is(err, c.leading) || !l.Nobody() {
				w.Errorf("%s: Leader = %v, %v, want %v", name, l, err, c.leading)
			}
			if len(w.history()) != writes {
				w.Errorf("%s: it wrote %v", name, w.lastWrite())
			}
		})
	}
}

// Asking twice, or ten at once, is asking once.
func TestStepDownTwiceIsOnce(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		r := a.leader(a.lingering(30 * time.Second))
		time.Sleep(time.Minute)
		errs := make(chan error, 10)
		for range 10 {
			go func() { errs <- a.StepDown(w.Context(), "") }()
		}
		for range 10 {
			if err := <-errs; err != nil {
				w.Errorf("StepDown = %v", err)
			}
		}
		time.Sleep(10 * time.Second)
		if err := a.StepDown(w.Context(), ""); err != nil {
			w.Errorf("StepDown while it drains = %v", err)
		}
		_ = r.wait()
		if w.written("asked") != 1 || a.count(KindRevoked) != 1 {
			w.Errorf("%d requests written, events %v", w.written("asked"), a.kinds())
		}
	})
}

// While it drains the leader goes on to beat as calmly as before, in the record
// that says so.
func TestDrainingLeaderKeepsBeating(t *testing.T) {
	bubble(t, func(w *world) {
		a, b := w.candidate("a", latency(time.Millisecond)), w.candidate("b")
		a.pushes.SetLatency(20 * time.Millisecond) // its own pushes come after the answers
		r := a.leader(a.lingering(150 * time.Second))
		rb := b.lead(obey)
		time.Sleep(time.Minute)
		beats := w.written("beat")
		_ = b.StepDown(w.Context(), "")
		time.Sleep(time.Second)
		if got := w.record(); got.Status != record.Draining || got.Term != int64(r.term) {
			w.Errorf("record %v, want draining", got)
		}
		if l, err := b.Leader(w.Context()); err != nil || !l.Draining || l.ID != "a" {
			w.Errorf("Leader = %+v, %v", l, err)
		}
		time.Sleep(148 * time.Second)
		if rb.isElected() {
			w.Error("succeeded while it drains")
		}
		if n := w.written("beat") - beats; n > 82 || n < 75 {
			w.Errorf("%d beats in 149 s, want one each 1.9 s", n)
		}
		rb.begun()
		if err := r.wait(); !errors.Is(err, ErrStepDown) {
			w.Errorf("Lead = %v", err)
		}
		if got := a.overruns(); len(got) != 1 || !got[0].Held || !errors.Is(got[0].Cause, ErrStepDown) {
			w.Errorf("overruns %+v, want one, held", got)
		}
	})
}

// A request on the record of a dead leader adds up to a lease to the wait, and no
// more.
func TestStepDownOfTheDead(t *testing.T) {
	for _, after := range []time.Duration{0, 5 * time.Second, 14 * time.Second} {
		bubble(t, func(w *world) {
			a, b := w.candidate("a"), w.candidate("b")
			a.leader(obey)
			rb := b.lead(obey)
			time.Sleep(time.Minute)
			a.swallow()
			w.sleepUntil(w.lastWrite().at + after)
			asked := w.since()
			if err := b.StepDown(w.Context(), ""); err != nil {
				w.Errorf("StepDown = %v", err)
			}
			rb.begun()
			if waited := rb.at - asked; waited != 15*time.Second+spread {
				w.Errorf("took over %v after the request, want a lease", waited)
			}
			if b.count(KindDuplicateID) != 0 {
				w.Errorf("events %v", b.kinds())
			}
		})
	}
}

// A request that loses against beats is made anew on what it is shown.
func TestStepDownOvertakenByBeats(t *testing.T) {
	for _, beats := range []int{1, steerTries - 1} {
		t.Run(fmt.Sprint(beats), func(t *testing.T) {
			bubble(t, func(w *world) {
				a := w.candidate("a")
				r := a.leader(obey)
				time.Sleep(time.Minute)
				w.trap("asked", "a", beats, func(arrival) { w.put(w.record().Next(record.Led)) })
				if err := w.candidate("b").StepDown(w.Context(), ""); err != nil {
					w.Errorf("StepDown = %v after %d beats", err, beats)
				}
				if err := r.wait(); !errors.Is(err, ErrStepDown) {
					w.Errorf("Lead = %v", err)
				}
			})
		})
	}
}

// Whoever asks logs the request with its reason.
func TestStepDownLogsItsReason(t *testing.T) {
	bubble(t, func(w *world) {
		r := w.candidate("a").leader(obey)
		var log strings.Builder
		b := w.candidate("b", configured(func(c *Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) }))
		if err := b.StepDown(w.Context(), "new version"); err != nil {
			w.Error(err)
		}
		_ = r.wait()
		if want := `msg="election: asked the leader to step down" election=x candidate=b`; !strings.Contains(log.String(), want) || !strings.Contains(log.String(), `reason="new version"`) {
			w.Errorf("log:\n%s\nwant %s and the reason", &log, want)
		}
	})
}

func TestStepDownGivesUpAgainstAStorm(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		r := a.leader(obey)
		time.Sleep(time.Minute)
		w.trap("asked", "a", 1<<30, func(arrival) { w.put(w.record().Next(record.Led)) })
		if err := w.candidate("b").StepDown(w.Context(), ""); !errors.Is(err, ErrUnavailable) {
			w.Errorf("StepDown = %v", err)
		}
		if r.isOver() {
			w.Error("the term ended")
		}
		w.disarm()
	})
}

func TestStepDownOfALeaderWithoutRedis(t *testing.T) {
	bubble(t, func(w *world) {
		a, b := w.candidate("a"), w.candidate("b")
		r := a.leader(obey)
		time.Sleep(time.Minute)
		b.cut()
		if err := b.StepDown(w.Context(), ""); !errors.Is(err, ErrUnavailable) {
			w.Errorf("StepDown = %v, want %v", err, ErrUnavailable)
		}
		b.heal()
		b.swallow()
		at := w.since()
		if err := b.StepDown(w.Context(), ""); !errors.Is(err, ErrUnavailable) || w.since() > at+2*b.Timing().Attempt {
			w.Errorf("StepDown = %v after %v, want %v within an attempt", err, w.since()-at, ErrUnavailable)
		}
		ctx, cancel := context.WithTimeout(w.Context(), 10*time.Millisecond)
		defer cancel()
		if err := b.StepDown(ctx, ""); !errors.Is(err, context.DeadlineExceeded) {
			w.Errorf("StepDown = %v, want %v", err, context.DeadlineExceeded)
		}
		if r.isOver() {
			w.Error("the term ended")
		}
	})
}

// The push of the request makes the leader look at once; without it the next beat
// meets the request.
func TestStepDownReachesADeafLeader(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a", deaf)
		r := a.leader(obey)
		time.Sleep(time.Minute)
		at := w.since()
		_ = w.candidate("b").StepDown(w.Context(), "")
		if over, cause := r.over(); over == at || over > at+a.Timing().Beat || !errors.Is(cause, ErrStepDown) {
			w.Errorf("ended after %v with %v", over-at, cause)
		}
	})
}

// A request while a beat is on its way, in either order of arrival.
func TestStepDownMeetsABeatOnItsWay(t *testing.T) {
	for _, beatFirst := range []bool{false, true} {
		bubble(t, func(w *world) {
			a, b := w.candidate("a"), w.candidate("b")
			r := a.leader(obey)
			rb := b.lead(obey)
			time.Sleep(time.Minute)
			if beatFirst {
				a.loseReply("beat", "a")
			} else {
				w.trap("beat", "a", 1, func(arrival) { time.Sleep(time.Second) })
			}
			time.Sleep(a.Timing().Beat - 500*time.Millisecond)
			if err := b.StepDown(w.Context(), ""); err != nil {
				w.Errorf("StepDown = %v", err)
			}
			if err := r.wait(); !errors.Is(err, ErrStepDown) {
				w.Errorf("Lead = %v", err)
			}
			synctest.Wait()
			if !rb.isElected() || w.written("asked") != 1 {
				w.Errorf("successor %v, history %v", rb.isElected(), w.history())
			}
		})
	}
}

// A request on the record that a former run left behind is no sign of a twin.
func TestStepDownOfAFormerRunIsNoTwin(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		a.leader(obey)
		time.Sleep(time.Minute)
		a.swallow()
		again := w.candidate("a")
		r := again.lead(obey)
		time.Sleep(time.Second)
		_ = w.candidate("b").StepDown(w.Context(), "")
		r.begun()
		if again.count(KindDuplicateID) != 0 {
			w.Errorf("took its former run for a twin: %v", again.kinds())
		}
	})
}

// A request that stands in the record proves nothing about when the leader's own
// beats landed: trust stays where it was.
func TestStepDownConfirmsNoBeat(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		until := make(chan struct{})
		r := a.leader(ignoring(until))
		time.Sleep(time.Minute)
		last := a.anchor()
		first := ""
		w.trap("beat", "a", 1<<30, func(r arrival) {
			switch {
			case first == "": // its answer is lost, and all for 5 s
				first = r.args[5]
				a.link.Swallow(link.ToClient)
				time.AfterFunc(5*time.Second, a.link.Heal)
			case r.args[5] != first: // the beat after the request does not get through
				a.swallow()
			}
		})
		time.Sleep(4 * time.Second)
		if err := w.candidate("b").StepDown(w.Context(), ""); err != nil {
			w.Errorf("StepDown = %v", err)
		}
		if at, cause := r.over(); at > last+8*time.Second || !errors.Is(cause, ErrStepDown) {
			w.Errorf("ended after %v with %v", at-last, cause)
		}
		w.sleepUntil(a.trustFrom(last) + a.Timing().Grace)
		if got := a.overruns(); len(got) != 1 || got[0].Held || a.event(KindOverrun).Held || a.event(KindOverrun).Time.Sub(w.start) != w.since() {
			w.Errorf("overruns %+v, want one when trust and grace of the last confirmed beat are over", got)
		}
		close(until)
		_ = r.wait()
	})
}
