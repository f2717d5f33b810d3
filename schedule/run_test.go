package schedule

import (
	"context"
	"errors"
	"fmt"
	"testing"
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
			w.Error(err)
		}
		if e := w.entry("m"); e.state != idle || e.cursor != w.began.Add(3*time.Minute).UnixMilli() || e.next != w.began.Add(4*time.Minute).UnixMilli() {
			w.Errorf("%+v", e)
		}
	})
}

// A step-down may meet a claim at any point: before it is sent, under way, or just answered.
func TestAHandoverMissesNothingAndDoublesNothing(t *testing.T) {
	for _, before := range []time.Duration{-time.Millisecond, 0, 1, time.Microsecond, time.Millisecond, 2 * time.Millisecond, 100 * time.Millisecond} {
		bubble(t, func(w *world) {
			a := w.process("a", w.job("m", Every(time.Minute)))
			w.at(time.Second)
			b := w.process("b", w.job("m", Every(time.Minute)))
			time.Sleep(time.Until(w.began.Add(time.Minute - before)))
			if err := a.elector.StepDown(w.Context(), ""); err != nil {
				w.Fatal(err)
			}
			w.at(2*time.Minute + time.Second)
			w.expect("1m0s m for 1m0s", "2m0s m for 2m0s")
			if !b.elector.IsLeader() {
				w.Error("no handover")
			}
		})
	}
}

// A job whose run takes a while, and that notes its end.
func (w *world) slow(name string, d time.Duration, change ...func(*Job)) Job {
	return w.job(name, Every(time.Minute), append([]func(*Job){func(j *Job) {
		j.Run = func(ctx context.Context, t Tick) error {
			w.note("%s begins %s", name, w.show(t))
			select {
			case <-time.After(d):
				w.note("%s ends %s", name, w.show(t))
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
	}}, change...)...)
}

func attempts(n int) func(*Job) { return func(j *Job) { j.Attempts = n } }

func TestACrashInTheMiddleOfARun(t *testing.T) {
	for name, c := range map[string]struct {
		attempts int
		want     []string
		history  []string
		lost     int
	}{
		"is not repeated": {1, []string{"1m0s m begins for 1m0s", "1m20s m begins for 2m0s"}, []string{"began", "abandoned"}, 1},
		"is repeated":     {2, []string{"1m0s m begins for 1m0s", "1m20s m begins for 1m0s attempt 2"}, []string{"began", "abandoned"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				a := w.process("a", w.slow("m", time.Hour, attempts(c.attempts)))
				w.at(time.Second)
				w.process("b", w.slow("m", time.Hour, attempts(c.attempts)))
				w.at(time.Minute + time.Second)
				a.cut()
				w.at(2*time.Minute + time.Second)
				w.mu.Lock()
				if len(w.runs) != 2 || w.runs[0] != c.want[0] || w.runs[1][len(w.runs[1])-len("for 1m0s"):] == "" {
					w.Errorf("ran %q", w.runs)
				}
				second := w.runs[len(w.runs)-1]
				w.mu.Unlock()
				if want := c.want[1][len("1m20s "):]; second[len(second)-len(want):] != want {
					w.Errorf("second run %q, want %q", second, want)
				}
				w.expectHistory("m", c.history...)
				if got := w.count(KindAbandoned); got != c.lost {
					w.Errorf("%d events of an abandoned run, want %d", got, c.lost)
				}
			})
		})
	}
}

// After a downtime the newest due times run, as many as CatchUp says, but none later than
// Late. The others are counted.
func TestCatchUpIsTwoNumbers(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Job)
		want   []string
	}{
		"default":    {func(*Job) {}, []string{"10m30s m for 10m0s missed 8"}},
		"three wait": {func(j *Job) { j.CatchUp = 3 }, []string{"10m30s m for 8m0s missed 6", "10m30s m for 9m0s", "10m30s m for 10m0s"}},
		"late":       {func(j *Job) { j.CatchUp, j.Late = 3, 100*time.Second }, []string{"10m30s m for 9m0s missed 7", "10m30s m for 10m0s"}},
		"too late":   {func(j *Job) { j.Late = 10 * time.Second }, []string{"11m0s m for 11m0s missed 9"}},
		"all":        {func(j *Job) { j.CatchUp = 100 }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				job := w.job("m", Every(time.Minute), c.change)
				first := w.process("a", job)
				w.at(time.Minute + time.Second)
				_ = first.stop()
				w.at(10*time.Minute + 30*time.Second)
				w.process("a", job)
				w.at(11*time.Minute + time.Second)
				w.mu.Lock()
				w.runs = w.runs[1:]
				if c.want == nil && len(w.runs) != 10 {
					w.Errorf("ran %q", w.runs)
				}
				w.mu.Unlock()
				if c.want != nil {
					if name != "too late" {
						c.want = append(c.want, "11m0s m for 11m0s")
					}
					w.expect(c.want...)
				}
			})
		})
	}
}

func TestAttemptsFollowAfterAPause(t *testing.T) {
	bubble(t, func(w *world) {
		w.process("a", w.job("m", Every(time.Minute), attempts(3), func(j *Job) {
			j.Run = func(_ context.Context, t Tick) error {
				w.note("%s", w.show(t))
				return errTest
			}
		}))
		w.at(time.Minute + 59*time.Second)
		w.expect("1m0s for 1m0s", "1m1s for 1m0s attempt 2", "1m3s for 1m0s attempt 3")
		w.expectHistory("m", "began", "failed", "failed", "failed")
		if e := w.entry("m"); e.state != idle {
			w.Errorf("%+v", e)
		}
	})
}

func TestARunEndsAfterItsTimeout(t *testing.T) {
	bubble(t, func(w *world) {
		w.process("a", w.slow("m", time.Hour, func(j *Job) { j.Timeout = 10 * time.Second }))
		w.at(time.Minute + 11*time.Second)
		w.expectHistory("m", "began", "failed")
		w.mu.Lock()
		last := w.events[len(w.events)-1]
		for _, ev := range w.events {
			if ev.Kind == KindFailed {
				last = ev
			}
		}
		w.mu.Unlock()
		if !errors.Is(last.Err, ErrTimeout) || last.Lasted != 10*time.Second || last.Item != "m" {
			w.Errorf("%+v", last)
		}
	})
}

func TestARunThatIgnoresItsTimeoutIsReportedOnce(t *testing.T) {
	bubble(t, func(w *world) {
		w.process("a", w.job("m", Every(time.Minute), func(j *Job) {
			j.Timeout = 10 * time.Second
			j.Run = func(_ context.Context, t Tick) error {
				w.note("%s", w.show(t))
				time.Sleep(150 * time.Second)
				return nil
			}
		}))
		w.at(4 * time.Minute)
		w.expect("1m0s for 1m0s", "3m30s for 3m0s missed 1") // due times wait by CatchUp
		if n := w.count(KindStuck); n != 2 {
			w.Errorf("%d events, want one of each run", n)
		}
		w.at(7 * time.Minute)
	})
}

func TestAnInterruptedRunRunsAgainUnderTheNextLeader(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.process("a", w.slow("m", 20*time.Second, attempts(2)))
		w.at(time.Second)
		w.process("b", w.slow("m", 20*time.Second, attempts(2)))
		w.at(time.Minute + 5*time.Second)
		_ = a.stop()
		w.at(time.Minute + 59*time.Second)
		w.expect("1m0s m begins for 1m0s", "1m5s m begins for 1m0s attempt 2", "1m25s m ends for 1m0s attempt 2")
		w.expectHistory("m", "began", "interrupted", "done")
	})
}

// Work returns only when its runs have, and the ledger says how they ended.
func TestWorkWaitsForItsRuns(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.process("a", w.job("m", Every(time.Minute), func(j *Job) {
			j.Run = func(ctx context.Context, _ Tick) error {
				<-ctx.Done()
				time.Sleep(40 * time.Second) // longer than a lease: leadership is kept
				return nil
			}
		}))
		w.at(time.Minute + time.Second)
		_ = a.stop()
		if got := time.Since(w.began); got < 101*time.Second {
			w.Errorf("returned after %v", got)
		}
		w.expectHistory("m", "began", "done")
	})
}

func TestWorkRefusesWhatCannotBe(t *testing.T) {
	s, err := New(Job{Name: "m", Due: Every(time.Minute), Run: func(context.Context, Tick) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Work(t.Context(), 1); !errors.Is(err, election.ErrConfig) {
		t.Errorf("outside of work: %v", err)
	}
	bubble(t, func(w *world) {
		second := make(chan error, 1)
		w.work("a", func(ctx context.Context, term election.Term) error {
			go func() { _ = s.Work(ctx, term) }()
			time.Sleep(time.Second)
			second <- s.Work(ctx, term)
			<-ctx.Done()
			time.Sleep(time.Second)
			return nil
		})
		if err := <-second; !errors.Is(err, election.ErrRunning) {
			w.Errorf("twice at once: %v", err)
		}
	})
}

// The same schedule may work twice in one term, one after the other.
func TestWorkTwiceInATerm(t *testing.T) {
	bubble(t, func(w *world) {
		s, err := New(w.job("m", Every(time.Minute)))
		if err != nil {
			w.Fatal(err)
		}
		w.work("a", func(ctx context.Context, term election.Term) error {
			some, cancel := context.WithTimeout(ctx, 90*time.Second)
			defer cancel()
			if err := s.Work(some, term); err != nil {
				return err
			}
			return s.Work(ctx, term)
		})
		w.at(2*time.Minute + time.Second)
		w.expect("1m0s m for 1m0s", "2m0s m for 2m0s")
	})
}

// The claim is executed, and its answer comes after the end of the term: the run never began,
// so its attempt is given back.
func TestAClaimThatIsAnsweredTooLateIsGivenBack(t *testing.T) {
	bubble(t, func(w *world) {
		const trip = 50 * time.Millisecond // one way
		link := w.stub.Link()
		job := w.job("m", Every(time.Minute))
		a := w.workThrough("a", link, job)
		w.at(time.Second)
		link.SetLatency(trip)
		w.at(time.Minute - time.Second)
		time.Sleep(time.Second + 3*trip/2) // the claim was executed, and its answer is on its way
		for w.entry("m").state != running {
			time.Sleep(time.Millisecond)
		}
		_ = a.stop()
		if e := w.entry("m"); e.state != owed || e.run.attempt != 0 {
			w.Errorf("%+v", e)
		}
		w.expect()
		w.at(time.Minute + 10*time.Second) // how long the release took does not matter then
		w.process("b", job)
		w.at(2*time.Minute - time.Second)
		w.expect("1m10s m for 1m0s")
		w.expectHistory("m", "began", "done")
	})
}

func TestAThousandJobs(t *testing.T) {
	bubble(t, func(w *world) {
		var jobs []Job
		for i := range 1000 {
			jobs = append(jobs, w.job(fmt.Sprint("job", i), Every(time.Minute)))
		}
		a := w.process("a", jobs...)
		w.at(61 * time.Second)
		w.must(a.elector.StepDown(w.Context(), ""))
		w.at(121 * time.Second)
		_ = a.stop()
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.runs) != 2000 {
			w.Errorf("%d runs", len(w.runs))
		}
	})
}
