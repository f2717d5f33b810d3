package election

// Shows the exception to S4 that Config.Stall makes: who leads without progress loses
// leadership within a bound, although its work still runs.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"example.com/incumbent/internal/redistest"
)

// stalling sets Config.Stall.
func stalling(d time.Duration) option { return configured(func(c *Config) { c.Stall = d }) }

// advancing reports progress n times, and then does what comes next.
func advancing(n int, each time.Duration, next Work) Work {
	return func(ctx context.Context, term Term) error {
		for range n {
			Progress(ctx)
			time.Sleep(each)
		}
		Progress(ctx)
		return next(ctx, term)
	}
}

// A leader reports for a minute and then hangs. Its term ends when the stall is over, its
// beats stop a grace later, and its successor leads a lease after its last beat.
func TestAStalledLeaderIsSucceededAlthoughItsWorkRuns(t *testing.T) {
	phases := redistest.Either(3, 20)
	for phase := range phases {
		reports := time.Minute + (2 * time.Second * time.Duration(phase) / time.Duration(phases)).Truncate(4*time.Millisecond)
		bubble(t, func(w *world) { hangAndSucceed(w, reports) })
	}
}

func hangAndSucceed(w *world, reports time.Duration) {
	const stall = 20 * time.Second
	w.zombies = true
	a, hangs := w.candidate("a", stalling(stall)), make(chan struct{})
	ra := a.leader(advancing(4, reports/4, w.hanging(hangs)))
	rb := w.candidate("b").lead(obey)
	timing, gaveUp := a.Timing(), reports+stall
	w.sleepUntil(gaveUp - 1)
	if ra.ctx.Err() != nil || Drain(ra.ctx).Err() != nil {
		w.Errorf("the term ended before the stall was over: %v", context.Cause(ra.ctx))
	}
	w.sleepUntil(gaveUp)
	if cause, drain := context.Cause(ra.ctx), context.Cause(Drain(ra.ctx)); !errors.Is(cause, ErrStalled) || !errors.Is(drain, ErrStalled) || a.IsLeader() {
		w.Errorf("after %v without progress: cause %v, of the drain %v, leader %v", stall, cause, drain, a.IsLeader())
	}
	if ev := a.event(KindRevoked); ev.Reason != ReasonStalled || !errors.Is(a.Check(), ErrStalled) {
		w.Errorf("revoked for %q, Check = %v", ev.Reason, a.Check())
	}
	w.sleepUntil(gaveUp + timing.Grace - 1)
	if last := w.lastWrite().at; gaveUp+timing.Grace-last > timing.Beat || len(a.overruns()) > 0 {
		w.Errorf("in the grace: the last beat was %v before its end, overruns %v", gaveUp+timing.Grace-last, a.overruns())
	}
	rb.begun()
	last := w.terms()[1].at - timing.Lease - spread
	if over := a.overruns(); len(over) != 1 || over[0].Held || over[0].Overdue != 0 || !errors.Is(over[0].Cause, ErrStalled) {
		w.Errorf("overruns %+v, want one at the end of the grace, without leadership", over)
	}
	if beats := w.beatsSince(last); beats != 1 || last > gaveUp+timing.Grace || rb.at > gaveUp+timing.Grace+timing.Failover().Usual {
		w.Errorf("succeeded at %v, after %d beats since %v, want none after %v", rb.at, beats, last, gaveUp+timing.Grace)
	}
	time.Sleep(time.Minute)
	close(hangs)
	if err := ra.wait(); !errors.Is(err, ErrStalled) || a.count(KindReleased) > 0 || rb.ctx.Err() != nil {
		w.Errorf("when the work returned: %v, %v, the successor's context %v", err, a.kinds(), rb.ctx.Err())
	}
}

// hanging is work that does not care for its context. The end of the test ends it, also of
// one that has failed.
func (w *world) hanging(until <-chan struct{}) Work {
	return func(context.Context, Term) error {
		select {
		case <-until:
		case <-w.Context().Done():
		}
		return nil
	}
}

// beatsSince counts the beats of the first leader since then.
func (w *world) beatsSince(at time.Duration) (n int) {
	first := w.history()[0].rec.Term
	for _, wr := range w.history() {
		if wr.at >= at && wr.rec.Term == first {
			n++
		}
	}
	return n
}

// Work that returns in its grace is followed at once, as after any other end.
func TestStalledWorkThatReturnsReleases(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a", stalling(5*time.Second))
		broken := errors.New("broken")
		ra := a.leader(func(ctx context.Context, _ Term) error {
			<-ctx.Done()
			time.Sleep(2 * time.Second)
			return broken
		})
		rb := w.candidate("b").lead(obey)
		rb.begun()
		if err := ra.wait(); rb.at != 7*time.Second || !errors.Is(err, ErrStalled) || !errors.Is(err, broken) || len(a.overruns()) > 0 {
			w.Errorf("succeeded after %v, Lead = %v, overruns %v", rb.at, err, a.overruns())
		}
		for _, name := range []string{"Progress", "Config.Stall", "5s"} {
			if !strings.Contains(ra.err.Error(), name) {
				w.Errorf("%q does not name %s", ra.err, name)
			}
		}
	})
}

// Who stalled stands back for its cool-down, and then leads again.
func TestAfterAStallComesTheCoolDown(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a", stalling(5*time.Second), coolDown(40*time.Second))
		if err := a.leader(obey).wait(); !errors.Is(err, ErrStalled) {
			w.Fatalf("Lead = %v", err)
		}
		if r := a.leader(obey); r.at != 45*time.Second {
			w.Errorf("leads again at %v", r.at)
		}
	})
}

// Work that returns after its beats have stopped releases what nobody has taken yet.
func TestWorkThatReturnsLateReleases(t *testing.T) {
	bubble(t, func(w *world) {
		w.zombies = true
		a, hangs := w.candidate("a", stalling(5*time.Second)), make(chan struct{})
		ra := a.leader(w.hanging(hangs))
		rb := w.candidate("b").lead(obey)
		w.sleepUntil(15 * time.Second)
		close(hangs)
		rb.begun()
		if err := ra.wait(); rb.at != 15*time.Second || a.count(KindReleased) != 1 {
			w.Errorf("succeeded at %v, Lead = %v, %v", rb.at, err, a.kinds())
		}
	})
}

// Whatever asks the term to end, a drain may take as long as it needs.
func TestADrainIsNoStall(t *testing.T) {
	ends := map[string]func(w *world, r *run){
		"caller":    func(_ *world, r *run) { r.cancel(nil) },
		"step-down": func(w *world, r *run) { _ = r.c.StepDown(w.Context(), "") },
	}
	for how, end := range ends {
		t.Run(how, func(t *testing.T) {
			bubble(t, func(w *world) {
				a := w.candidate("a", stalling(5*time.Second))
				ra := a.leader(advancing(0, 0, a.lingering(10*time.Minute)))
				rb := w.candidate("b").lead(obey)
				w.sleepUntil(3 * time.Second)
				end(w, ra)
				w.sleepUntil(time.Minute)
				if cause := context.Cause(Drain(ra.ctx)); cause != nil {
					w.Errorf("the drain ended: %v", cause)
				}
				rb.begun()
				if cause := context.Cause(ra.ctx); rb.at != 10*time.Minute+3*time.Second || errors.Is(cause, ErrStalled) {
					w.Errorf("succeeded after %v, cause %v", rb.at, cause)
				}
			})
		})
	}
}

// Progress in time keeps a term alive, reported in any context of the work.
func TestProgressKeepsATerm(t *testing.T) {
	reports := map[string]func(context.Context){
		"work":     Progress,
		"derived":  func(ctx context.Context) { Progress(context.WithValue(ctx, anyKey{}, 1)) },
		"detached": func(ctx context.Context) { Progress(context.WithoutCancel(ctx)) },
		"drain":    func(ctx context.Context) { Progress(Drain(ctx)) },
	}
	for which, report := range reports {
		t.Run(which, func(t *testing.T) {
			bubble(t, func(w *world) {
				a := w.candidate("a", stalling(4*time.Second))
				ra := a.leader(func(ctx context.Context, _ Term) error {
					for ctx.Err() == nil {
						time.Sleep(4*time.Second - 1)
						report(ctx)
					}
					return nil
				})
				w.sleepUntil(10 * time.Minute)
				if ra.ctx.Err() != nil {
					w.Errorf("the term ended: %v", context.Cause(ra.ctx))
				}
				_ = ra.stop()
			})
		})
	}
}

// Inside of two terms, progress of the inner work is progress of both.
func TestProgressInsideOfTwoTerms(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a", stalling(10*time.Second))
		inner := a.sibling(func(c *Config) { c.Name, c.Observer, c.Stall = "y", nil, time.Minute })
		ra := a.leader(func(ctx context.Context, _ Term) error {
			return inner.Lead(ctx, advancing(10, 9*time.Second, obey))
		})
		if at, cause := ra.over(); at != 100*time.Second || !errors.Is(cause, ErrStalled) {
			w.Errorf("the outer term ended after %v: %v", at, cause)
		}
	})
}

// Either clock may say that the work has stalled, also right after the process stood still.
func TestBothClocksJudgeProgress(t *testing.T) {
	for how, pass := range map[string]func(*candidate){
		"wall clock forward": func(a *candidate) { a.clock.StepWall(6 * time.Second) },
		"suspended":          func(a *candidate) { a.clock.Suspend(6*time.Second, false) },
		"stopped":            func(a *candidate) { a.clock.Stall(6 * time.Second) },
	} {
		t.Run(how, func(t *testing.T) {
			bubble(t, func(w *world) {
				a := w.candidate("a", stalling(5*time.Second))
				ra := a.leader(advancing(30, 2*time.Second, obey))
				w.sleepUntil(time.Minute)
				pass(a)
				at, cause := ra.over()
				if late := at - time.Minute; late > 6*time.Second+a.Timing().Beat || !errors.Is(cause, ErrStalled) {
					w.Errorf("the term ended %v later: %v", late, cause)
				}
			})
		})
	}
	bubble(t, func(w *world) { // trust is judged first
		a := w.candidate("a", stalling(5*time.Second))
		ra := a.leader(advancing(30, 2*time.Second, obey))
		w.sleepUntil(time.Minute)
		a.clock.Stall(20 * time.Second)
		if _, cause := ra.over(); !errors.Is(cause, ErrExpired) {
			w.Errorf("after a stop beyond the trust: %v", cause)
		}
	})
}

// Work that hangs through an outage has expired, and not stalled. When Redis is back, its
// beats must not keep others out.
func TestHangingWorkIsSucceededAfterAnOutage(t *testing.T) {
	for _, stall := range []time.Duration{0, time.Minute} {
		bubble(t, func(w *world) {
			w.zombies = true
			a, hangs := w.candidate("a", stalling(stall)), make(chan struct{})
			ra := a.leader(w.hanging(hangs))
			rb := w.candidate("b").lead(obey)
			w.sleepUntil(10 * time.Second)
			a.cut()
			w.sleepUntil(21500 * time.Millisecond) // past the trust and the grace
			a.heal()
			w.sleepUntil(3 * time.Minute)
			if _, cause := ra.over(); !errors.Is(cause, ErrExpired) {
				w.Errorf("cause %v", cause)
			}
			if rb.isElected() != (stall > 0) {
				w.Errorf("stall %v: a successor is there: %v", stall, rb.isElected())
			}
			close(hangs)
			_ = ra.wait()
		})
	}
}

// Without a limit, and outside of work, there is nothing to report to.
func TestProgressWithoutAStall(t *testing.T) {
	Progress(t.Context())
	bubble(t, func(w *world) {
		a := w.candidate("a")
		ra := a.leader(advancing(1, time.Second, obey))
		w.sleepUntil(10 * time.Minute)
		if ra.ctx.Err() != nil {
			w.Error(context.Cause(ra.ctx))
		}
		if n := testing.AllocsPerRun(100, func() { Progress(ra.ctx) }); n > 0 {
			w.Errorf("%v allocations", n)
		}
		_ = ra.stop()
	})
}

func TestStallIsChecked(t *testing.T) {
	for _, tt := range []struct {
		stall, lease time.Duration
		says         string // "": it is accepted
	}{
		{0, 15 * time.Second, ""},
		{4 * time.Second, 15 * time.Second, ""},
		{1000 * time.Hour, 15 * time.Second, ""},
		{3999 * time.Millisecond, 15 * time.Second, "stall 3.999s is shorter than two beats, 4s"},
		{4 * time.Second, 30 * time.Second, "stall 4s is shorter than two beats, 8s"},
		{-time.Second, 15 * time.Second, "stall -1s is shorter than two beats, 4s"},
		{30, 15 * time.Second, "did you mean 30*time.Second"},
	} {
		cfg, _, err := Config{Name: "x", Lease: tt.lease, Stall: tt.stall}.complete()
		switch {
		case tt.says == "" && (err != nil || cfg.Stall != tt.stall):
			t.Errorf("stall %v, lease %v: %v", tt.stall, tt.lease, err)
		case tt.says != "" && (!errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), tt.says)):
			t.Errorf("stall %v, lease %v: %v", tt.stall, tt.lease, err)
		}
	}
}

// The event of the end has the stacks of the work's goroutines, and of no others.
func TestAStallShowsTheStacks(t *testing.T) {
	bubble(t, func(w *world) {
		w.zombies = true
		hangs := make(chan struct{})
		a := w.candidate("a", stalling(5*time.Second))
		ra := a.leader(func(context.Context, Term) error {
			go hangsBeside(hangs)
			return hangsHere(w.hanging(hangs))
		})
		go hangsElsewhere(hangs)
		w.sleepUntil(5 * time.Second)
		text := a.event(KindRevoked).Text
		here, beside := strings.Index(text, "election.hangsHere+"), strings.Index(text, "election.hangsBeside+")
		if here < 0 || beside < here || strings.Contains(text, "hangsElsewhere") || len(text) > maxStacks {
			w.Errorf("%d bytes of stacks:\n%s", len(text), text)
		}
		close(hangs)
		_ = ra.wait()
	})
}

func hangsHere(work Work) error          { return work(context.Background(), 0) }
func hangsBeside(until chan struct{})    { <-until }
func hangsElsewhere(until chan struct{}) { <-until }

// The label is that of the caller's context again when Lead has returned.
func TestTheLabelEndsWithTheTerm(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a", stalling(time.Minute))
		var term Term
		err := a.Lead(w.Context(), func(_ context.Context, n Term) error {
			term = n
			if stacks(key, n) == "" {
				w.Error("the work has no label")
			}
			return io.EOF
		})
		if left := stacks(key, term); !errors.Is(err, io.EOF) || left != "" {
			w.Errorf("Lead = %v, and the label is left on\n%s", err, left)
		}
	})
}

func TestStacksAreChosen(t *testing.T) {
	block := func(labels, frame string) string {
		return fmt.Sprintf("1 @ 0x1 0x2\n# labels: {%s}\n#\t0x1\t%s\tfile.go:1", labels, frame)
	}
	profile := strings.Join([]string{
		"goroutine profile: total 5\n1 @ 0x1\n#\t0x1\tunlabelled+0x1\tfile.go:1",
		block(`"incumbent:{x}":"71"`, "laterTerm+0x1"),
		block(`"a":"b", "incumbent:{x}":"7"`, "helper+0x1"),
		block(`"incumbent:{y}":"7"`, "otherElection+0x1"),
		block(`"incumbent:{x}":"7", "incumbent:{y}":"9"`, "example.com/incumbent/election.(*Elector).serve+0x1"),
	}, "\n\n")
	got := chooseStacks([]byte(profile), "incumbent:{x}", 7)
	want := block(`"incumbent:{x}":"7", "incumbent:{y}":"9"`, "example.com/incumbent/election.(*Elector).serve+0x1") + "\n" +
		block(`"a":"b", "incumbent:{x}":"7"`, "helper+0x1") + "\n"
	if got != want {
		t.Errorf("chose\n%s\nwant\n%s", got, want)
	}
	huge := block(`"incumbent:{x}":"7"`, strings.Repeat("f", 2*maxStacks))
	if n := len(chooseStacks([]byte(huge), "incumbent:{x}", 7)); n != maxStacks {
		t.Errorf("%d bytes of a large stack", n)
	}
}
