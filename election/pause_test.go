package election

// Shows the promises of Pause and Resume: who is elected in a pause holds leadership and does
// not work, until the time by the clock of Redis or until Resume.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/incumbent/internal/record"
)

// after is the bubble's time, that much later.
func (w *world) after(d time.Duration) time.Time { return time.Now().Add(d) }

func (w *world) pause(c *candidate, until time.Time, reason string) {
	w.Helper()
	if err := c.Pause(w.Context(), until, reason); err != nil {
		w.Fatalf("Pause = %v", err)
	}
}

func (w *world) resume(c *candidate) {
	w.Helper()
	if err := c.Resume(w.Context(), "done"); err != nil {
		w.Fatalf("Resume = %v", err)
	}
}

// story are the kinds of the events so far, but for those that say who leads elsewhere.
func (c *candidate) story() []Kind {
	return slices.DeleteFunc(c.kinds(), func(k Kind) bool { return k == KindStandby })
}

func TestPauseHoldsTheWorkBack(t *testing.T) {
	bubble(t, func(w *world) {
		a, b, asker := w.candidate("a"), w.candidate("b"), w.candidate("ops")
		ra := a.leader(obey)
		rb := b.lead(obey)
		time.Sleep(time.Minute)
		at := w.since()
		w.pause(asker, w.after(10*time.Minute), "deploy")
		if err := ra.wait(); !errors.Is(err, ErrStepDown) || ra.errAt != at {
			w.Errorf("Lead of the former leader = %v after %v", err, ra.errAt-at)
		}
		if rb.isElected() {
			w.Fatal("work runs in a pause")
		}
		leader, err := asker.Leader(w.Context())
		if want := at + 10*time.Minute; err != nil || leader.ID != "b" || !leader.Paused || leader.PauseReason != "deploy" || leader.PausedUntil.Sub(w.start) != want {
			w.Errorf("Leader = %+v, %v, want b in a pause until %v", leader, err, want)
		}
		if b.IsLeader() || b.Remaining() != 0 || b.Check() != nil || w.record().Status != record.Led {
			w.Errorf("who holds a pause: IsLeader %v, Remaining %v, Check %v, record %v", b.IsLeader(), b.Remaining(), b.Check(), w.record())
		}
		time.Sleep(time.Minute)
		rb.begunBy(at + 10*time.Minute)
		if w.record().IsPaused() || w.record().IsSteered() {
			w.Errorf("after the pause the record is %v", w.record())
		}
		if err := rb.stop(); err != nil {
			w.Errorf("Lead = %v", err)
		}
		if got, want := b.story(), []Kind{KindPaused, KindResumed, KindElected, KindRevoked, KindReleased}; !slices.Equal(got, want) {
			w.Errorf("events %v, want %v", got, want)
		}
		if ev := b.event(KindPaused); ev.By != "ops" || ev.Text != "deploy" || ev.Wait != 10*time.Minute || ev.Term != b.event(KindElected).Term {
			w.Errorf("paused: %+v", ev)
		}
	})
}

// begunBy waits until the work has begun, at that time exactly.
func (r *run) begunBy(at time.Duration) {
	r.c.w.Helper()
	if r.begun(); r.at != at {
		r.c.w.Errorf("%s works %v after the time", r.c.ID(), r.at-at)
	}
}

func TestResumeBeginsTheWorkAtOnce(t *testing.T) {
	bubble(t, func(w *world) {
		a, asker := w.candidate("a"), w.candidate("ops")
		r := a.leader(obey)
		w.pause(asker, time.Time{}, "")
		_ = r.wait()
		again := a.lead(obey)
		time.Sleep(10 * time.Minute)
		if again.isElected() {
			w.Fatal("work runs in a pause without an end")
		}
		if ev := a.event(KindPaused); ev.Wait != 0 || ev.By != "ops" || ev.Text != "" {
			w.Errorf("paused: %+v", ev)
		}
		w.resume(asker)
		again.begunBy(w.since())
	})
}

// A pause is kept by whoever is elected next: after a crash, a release, and a step-down.
func TestPauseOutlivesItsHolder(t *testing.T) {
	bubble(t, func(w *world) {
		a, b, c, asker := w.candidate("a"), w.candidate("b"), w.candidate("c"), w.candidate("ops")
		_ = a.leader(obey).stop()
		w.pause(asker, time.Time{}, "deploy") // while nobody leads
		ra := a.lead(obey)
		time.Sleep(time.Minute)
		rb := b.lead(obey)
		time.Sleep(time.Minute)
		a.swallow() // as if it had died
		time.Sleep(time.Minute)
		if leader, err := asker.Leader(w.Context()); err != nil || leader.ID != "b" || leader.PauseReason != "deploy" {
			w.Errorf("after a crash: %+v, %v", leader, err)
		}
		rc := c.lead(obey)
		time.Sleep(time.Minute)
		if err := rb.stop(); err == nil || !strings.Contains(err.Error(), "before this candidate was elected") || !errors.Is(err, context.Canceled) {
			w.Errorf("Lead that ended in a pause = %v", err)
		}
		time.Sleep(time.Second)
		if leader, err := asker.Leader(w.Context()); err != nil || leader.ID != "c" || !leader.Paused {
			w.Errorf("after a release: %+v, %v", leader, err)
		}
		if err := asker.StepDown(w.Context(), ""); err != nil {
			w.Errorf("StepDown in a pause = %v", err)
		}
		time.Sleep(time.Minute)
		if rc.isOver() || rc.isElected() || ra.isElected() || !w.record().IsPaused() {
			w.Errorf("after a step-down in a pause: %v", w.record())
		}
		a.heal()
		if got, want := b.story(), []Kind{KindPaused, KindResumed}; !slices.Equal(got, want) || b.event(KindResumed).Reason != ReasonCaller {
			w.Errorf("events %v, want %v, the last with the reason %q", got, want, b.event(KindResumed).Reason)
		}
		w.resume(asker)
		rc.begun()
		if got, want := c.story(), []Kind{KindPaused, KindResumed, KindPaused, KindResumed, KindElected}; !slices.Equal(got, want) {
			w.Errorf("events of who was asked to step down %v, want %v", got, want)
		}
	})
}

// A loss of the data does not end a pause, if somebody saw it who is still there.
func TestPauseOutlivesAFlush(t *testing.T) {
	bubble(t, func(w *world) {
		a, b, asker := w.candidate("a"), w.candidate("b"), w.candidate("ops")
		_ = a.leader(obey).stop()
		w.pause(asker, w.after(10*time.Minute), "deploy")
		over := w.since() + 10*time.Minute
		ra, rb := a.lead(obey), b.lead(obey)
		time.Sleep(time.Minute)
		w.flush()
		time.Sleep(time.Minute)
		if r := w.record(); r.Pause() != (record.Pause{Paused: true, Until: w.start.Add(over).UnixMilli(), By: "ops", Reason: "deploy"}) {
			w.Errorf("after a flush the record is %v", r)
		}
		time.Sleep(7*time.Minute + 55*time.Second)
		if ra.isElected() || rb.isElected() {
			w.Fatal("work runs in a pause")
		}
		at := w.since()
		w.flush() // whose quarantine outlasts the pause
		time.Sleep(5 * time.Minute)
		if first := min(w.terms()[len(w.terms())-1].at, at+5*time.Minute); ra.isElected() == rb.isElected() || first < over {
			w.Errorf("work began %v after the end of the pause", first-over)
		}
	})
}

// The time of a pause is that of Redis. A clock that cannot be believed ends no pause.
func TestPauseByTheClockOfRedis(t *testing.T) {
	for _, tt := range []struct {
		set  time.Duration // the clock of Redis, a minute after the pause
		want time.Duration // when the work begins; 0: not within half an hour
	}{
		{-5 * time.Minute, 15 * time.Minute},
		{5 * time.Minute, 5 * time.Minute},
		{25 * time.Hour, 0},
	} {
		bubble(t, func(w *world) {
			a, asker := w.candidate("a"), w.candidate("ops")
			_ = a.leader(obey).stop()
			at := w.since()
			w.pause(asker, w.after(10*time.Minute), "")
			r := a.lead(obey)
			time.Sleep(time.Minute)
			w.stub.Mini.SetTime(time.Now().Add(tt.set))
			for range 30 {
				time.Sleep(time.Minute)
				w.stub.Mini.SetTime(time.Now().Add(tt.set)) // or it would stand still
				if r.isElected() {
					break
				}
			}
			late := r.at - at - tt.want
			if r.isElected() != (tt.want > 0) || r.isElected() && (late < 0 || late > time.Minute) {
				w.Errorf("set by %v: work began %v, %v after the time", tt.set, r.isElected(), late)
			}
			if tt.want == 0 {
				if got := a.event(KindClockSkew).Skew.Round(time.Minute); got != tt.set {
					w.Errorf("told of a skew of %v", got)
				}
				w.resume(asker)
				r.begun()
			}
		})
	}
}

// Of two pauses the later call counts, and the same pause twice is one write.
func TestPausesReplaceEachOther(t *testing.T) {
	bubble(t, func(w *world) {
		a, asker := w.candidate("a"), w.candidate("ops")
		_ = a.leader(obey).stop()
		at := w.since()
		soon, late := w.after(time.Minute), w.after(10*time.Minute)
		w.pause(asker, soon, "one")
		r := a.lead(obey)
		time.Sleep(time.Second)
		w.pause(asker, late, "two")
		w.pause(asker, late, "two")
		if n := w.written(string(record.ChangePaused)); n != 2 {
			w.Errorf("%d writes for two pauses", n)
		}
		time.Sleep(5 * time.Minute)
		if r.isElected() {
			w.Fatal("work runs in the second pause")
		}
		w.pause(asker, w.after(time.Minute), "three")
		r.begunBy(at + 6*time.Minute + time.Second)
		w.resume(asker) // which changes nothing
		if n := w.written(string(record.ChangeResumed)); n != 1 {
			w.Errorf("%d writes, want that of the end of the pause", n)
		}
	})
}

// Nobody but the leader changes a record that drains: a pause waits for its end.
func TestPauseOverADrain(t *testing.T) {
	bubble(t, func(w *world) {
		a, b, asker := w.candidate("a"), w.candidate("b"), w.candidate("ops")
		ra := a.leader(a.lingering(time.Minute))
		rb := b.lead(obey)
		time.Sleep(time.Minute)
		if err := asker.StepDown(w.Context(), ""); err != nil {
			w.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(w.Context(), 10*time.Second)
		defer cancel()
		err := asker.Pause(ctx, time.Time{}, "")
		if !errors.Is(err, ErrDraining) || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "still drains") {
			w.Errorf("Pause over a drain = %v", err)
		}
		begun := w.since()
		w.pause(asker, time.Time{}, "")
		_ = ra.wait()
		if waited := w.since() - begun; waited != 50*time.Second || ra.errAt != w.since() {
			w.Errorf("paused after %v, the former leader released at %v", waited, ra.errAt)
		}
		time.Sleep(time.Minute)
		if leader, err := asker.Leader(w.Context()); err != nil || !leader.Paused || !leader.Nobody() {
			w.Errorf("Leader = %+v, %v", leader, err)
		}
		if err := rb.wait(); !errors.Is(err, ErrStepDown) { // it was faster, and then it was asked
			w.Errorf("Lead of the successor = %v", err)
		}
	})
}

// Resume waits for the end of a drain that the pause itself began.
func TestResumeOverADrain(t *testing.T) {
	bubble(t, func(w *world) {
		a, b, asker := w.candidate("a"), w.candidate("b"), w.candidate("ops")
		_ = a.leader(a.lingering(time.Minute))
		rb := b.lead(obey)
		time.Sleep(time.Minute)
		w.pause(asker, time.Time{}, "")
		at := w.since()
		w.resume(asker)
		if w.since() != at+time.Minute {
			w.Errorf("resumed after %v", w.since()-at)
		}
		if rb.begun(); rb.at > at+time.Minute+b.Timing().Beat { // it may be told before it listens
			w.Errorf("work began after %v", rb.at-at)
		}
	})
}

// A leader that died while it drained holds up a resume for its lease, also if nobody is there
// who takes over: a single attempt takes nothing in a pause.
func TestResumeOverADeadDrain(t *testing.T) {
	bubble(t, func(w *world) {
		a, b, asker := w.candidate("a"), w.candidate("b", once), w.candidate("ops")
		ra := a.leader(a.lingering(time.Minute))
		time.Sleep(time.Minute)
		w.zombies = true // a is as good as dead, but its work is not
		a.swallow()
		w.pause(asker, time.Time{}, "")
		at := w.since()
		if err := b.lead(obey).wait(); !errors.Is(err, ErrPaused) {
			w.Errorf("TryLead = %v", err)
		}
		w.resume(asker)
		if waited := w.since() - at; waited < 15*time.Second || waited > 16*time.Second {
			w.Errorf("resumed after %v, want the lease", waited)
		}
		b.leader(obey).begunBy(w.since())
		a.heal()
		_ = ra.wait()
	})
}

func TestWhatCannotBePaused(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		if err := a.Pause(w.Context(), time.Time{}, ""); !errors.Is(err, ErrNoElection) {
			w.Errorf("Pause of no election = %v", err)
		}
		if err := a.Resume(w.Context(), ""); !errors.Is(err, ErrNoElection) {
			w.Errorf("Resume of no election = %v", err)
		}
		_ = a.leader(obey).stop()
		before := w.lastWrite()
		for _, until := range []time.Time{time.Now(), w.after(-time.Second), time.Unix(-1, 0), time.Now().AddDate(20000, 0, 0)} {
			if err := a.Pause(w.Context(), until, ""); !errors.Is(err, ErrConfig) {
				w.Errorf("Pause until %v = %v", until, err)
			}
		}
		w.resume(a)
		if w.lastWrite() != before {
			w.Errorf("something was written: %v", w.lastWrite())
		}
		w.overwrite("garbage")
		if err := a.Pause(w.Context(), time.Time{}, ""); !errors.Is(err, ErrForeignRecord) {
			w.Errorf("Pause of a foreign record = %v", err)
		}
	})
}

// A single attempt takes nothing in a pause, whatever stands there.
func TestTryLeadInAPause(t *testing.T) {
	bubble(t, func(w *world) {
		a, b, asker := w.candidate("a"), w.candidate("b", once), w.candidate("ops")
		refused := func(what string) {
			at := w.since()
			err := b.lead(obey).wait()
			said, ok := errors.AsType[*Error](err)
			if !errors.Is(err, ErrPaused) || !ok || w.since() != at || said.Wait != 10*time.Minute || said.Leader.PauseReason != "deploy" || Permanent(err) {
				w.Errorf("%s: TryLead = %v after %v: %+v", what, err, w.since()-at, said)
			}
		}
		_ = a.leader(obey).stop()
		w.pause(asker, w.after(10*time.Minute), "deploy")
		refused("vacant")
		r := a.lead(obey)
		time.Sleep(time.Second)
		w.pause(asker, w.after(10*time.Minute), "deploy")
		refused("held")
		w.resume(asker)
		_ = r.stop()
		if err := b.leader(lasting(0, nil)).wait(); err != nil {
			w.Errorf("after the pause TryLead = %v", err)
		}
	})
}

// A pause whose time is over holds up nobody.
func TestPauseThatIsOver(t *testing.T) {
	bubble(t, func(w *world) {
		a, asker := w.candidate("a"), w.candidate("ops")
		_ = a.leader(obey).stop()
		w.pause(asker, w.after(time.Minute), "")
		time.Sleep(time.Minute)
		at := w.since()
		a.leader(obey).begunBy(at)
		if got, want := a.story()[3:], []Kind{KindElected}; !slices.Equal(got, want) || w.record().IsPaused() {
			w.Errorf("events %v, record %v", got, w.record())
		}
	})
}

// Who holds a pause and loses its leadership goes on as a candidate that was not elected.
func TestHolderThatLosesItsRecord(t *testing.T) {
	bubble(t, func(w *world) {
		a, b, asker := w.candidate("a"), w.candidate("b"), w.candidate("ops")
		_ = a.leader(obey).stop()
		w.pause(asker, time.Time{}, "")
		ra := a.lead(obey)
		time.Sleep(time.Minute)
		a.swallow()
		time.Sleep(10 * time.Second) // longer than its trust
		if got := a.event(KindResumed).Reason; got != ReasonExpired || ra.isOver() {
			w.Errorf("its hold ended for %q", got)
		}
		rb := b.lead(obey)
		time.Sleep(time.Minute)
		a.heal()
		w.resume(asker)
		rb.begun()
		time.Sleep(time.Minute)
		if err := rb.stop(); err != nil {
			w.Error(err)
		}
		ra.begun()
	})
}

// The holder of a pause costs a beat an interval, and a look a lease.
func TestCostOfAPause(t *testing.T) {
	bubble(t, func(w *world) {
		a, asker := w.candidate("a"), w.candidate("ops")
		_ = a.leader(obey).stop()
		w.pause(asker, time.Time{}, "")
		r := a.lead(obey)
		time.Sleep(time.Minute)
		looks, swaps := w.requests("look"), w.requests("cas")
		time.Sleep(15 * time.Minute)
		if n := w.requests("look") - looks; n < 59 || n > 61 {
			w.Errorf("%d looks in 15 minutes", n)
		}
		if n := w.requests("cas") - swaps; n < 450 || n > 500 {
			w.Errorf("%d beats in 15 minutes", n)
		}
		_ = r.stop()
	})
}

// A resume that nobody was told of is found by the next beat.
func TestResumeWithoutANotification(t *testing.T) {
	bubble(t, func(w *world) {
		a, asker := w.candidate("a"), w.candidate("ops")
		_ = a.leader(obey).stop()
		w.pause(asker, time.Time{}, "")
		r := a.lead(obey)
		time.Sleep(time.Minute)
		a.pushes.Swallow()
		at := w.since()
		w.resume(asker)
		if r.begun(); r.at-at > a.Timing().Beat {
			w.Errorf("work began after %v", r.at-at)
		}
	})
}

// Who observes sees a pause, and who leads in it.
func TestPauseIsObserved(t *testing.T) {
	bubble(t, func(w *world) {
		a, b, asker := w.candidate("a"), w.candidate("b"), w.candidate("ops")
		_ = a.leader(obey).stop()
		ctx, cancel := context.WithCancel(w.Context())
		ended := make(chan struct{})
		var seen []string
		go func() {
			defer close(ended)
			for l, err := range asker.Observe(ctx) {
				seen = append(seen, fmt.Sprintf("%s paused=%v %q %v", l.ID, l.Paused, l.PauseReason, err))
			}
		}()
		time.Sleep(time.Second)
		w.pause(asker, time.Time{}, "deploy")
		time.Sleep(time.Second)
		r := b.lead(obey)
		time.Sleep(time.Minute)
		w.resume(asker)
		r.begun()
		time.Sleep(time.Second)
		cancel()
		<-ended
		want := []string{` paused=false "" <nil>`, ` paused=true "deploy" <nil>`, `b paused=true "deploy" <nil>`, `b paused=false "" <nil>`}
		if !slices.Equal(seen, want) {
			w.Errorf("observed %q, want %q", seen, want)
		}
	})
}

// The time in a pause is none in which work makes no progress.
func TestStallCountsFromTheEndOfAPause(t *testing.T) {
	bubble(t, func(w *world) {
		a, asker := w.candidate("a", configured(func(c *Config) { c.Stall = 10 * time.Second })), w.candidate("ops")
		_ = a.leader(lasting(0, nil)).wait()
		w.pause(asker, time.Time{}, "")
		r := a.lead(obey)
		time.Sleep(time.Minute)
		w.resume(asker)
		at := w.since()
		r.begunBy(at)
		if end, cause := r.over(); !errors.Is(cause, ErrStalled) || end != at+10*time.Second {
			w.Errorf("ended %v after the pause: %v", end-at, cause)
		}
	})
}
