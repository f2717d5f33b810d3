package schedule

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/incumbent/election"
)

// The claim is executed, and its leader never hears of it: at most once means that the due time
// is lost, and the history says so. With another attempt the successor starts it.
func TestAClaimWhoseAnswerNeverComes(t *testing.T) {
	for attempts, want := range map[int][]string{1: {"2m0s m for 2m0s"}, 2: {"later m for 1m0s attempt 2", "2m0s m for 2m0s"}} {
		bubble(t, func(w *world) {
			network, job := w.stub.Link(), w.job("m", Every(time.Minute), func(j *Job) { j.Attempts = attempts })
			w.workThrough("a", network, job)
			w.at(time.Second)
			w.process("b", job)
			network.SetLatency(50 * time.Millisecond)
			w.at(time.Minute)
			for w.entry("m").state != running {
				time.Sleep(time.Millisecond)
			}
			network.Cut()
			w.at(2*time.Minute + time.Second)
			w.expectAbout(want...)
			w.expectHistory("m", append([]string{"began", "abandoned"}, slices.Repeat([]string{"done"}, len(want))...)...)
		})
	}
}

// The answer to a claim is lost, and somebody changes the entry before it is asked for again:
// the claim is seen all the same, and the run begins.
func TestAClaimWhoseAnswerIsLostUnderARequest(t *testing.T) {
	bubble(t, func(w *world) {
		network := w.stub.Link()
		w.workThrough("a", network, w.job("m", Every(time.Minute)))
		w.at(time.Second)
		l := w.asker()
		network.SetLatency(50 * time.Millisecond)
		w.at(time.Minute)
		for w.entry("m").state != running {
			time.Sleep(time.Millisecond)
		}
		network.Cut() // the answer is on its way
		w.must(l.Trigger(w.Context(), "m", ""))
		network.Heal()
		w.at(2*time.Minute - time.Second)
		w.expectAbout("later m for 1m0s", "later m asked")
		w.expectHistory("m", "began", "done", "done")
	})
}

// expectAbout is expect, but runs that begin or end within a minute do so at some time.
func (w *world) expectAbout(want ...string) {
	w.Helper()
	w.mu.Lock()
	for i, run := range w.runs {
		at, what, _ := strings.Cut(run, " ")
		if d, err := time.ParseDuration(at); err == nil && d%time.Minute != 0 {
			w.runs[i] = "later " + what
		}
	}
	w.mu.Unlock()
	w.expect(want...)
}

// The run has ended, and its leader dies before the ledger says so: it runs again if the job
// allows that.
func TestARunWhoseEndIsNotWritten(t *testing.T) {
	for attempts, want := range map[int][]string{
		1: {"1m0s m begins for 1m0s", "later m ends for 1m0s"},
		2: {"1m0s m begins for 1m0s", "later m ends for 1m0s", "later m begins for 1m0s attempt 2"},
	} {
		bubble(t, func(w *world) {
			job := w.slow("m", 20*time.Second, func(j *Job) { j.Attempts = attempts })
			a := w.process("a", job)
			w.at(time.Second)
			w.process("b", job)
			w.at(80*time.Second - time.Millisecond)
			a.cut()
			w.at(100*time.Second - time.Millisecond)
			w.mu.Lock()
			w.runs = w.runs[:min(len(want), len(w.runs))] // the second attempt may have ended
			w.mu.Unlock()
			w.expectAbout(want...)
			w.expectHistory("m", "began", "abandoned")
		})
	}
}

// Redis answers more slowly than due times come: they coalesce, and each one is counted.
func TestRedisIsSlowerThanTheDueTimes(t *testing.T) {
	bubble(t, func(w *world) {
		w.lease = time.Minute // so long that a slow network ends no term: a claim that nobody heard of is in the history alone
		network, counted, last := w.stub.Link(), 0, time.Duration(0)
		w.workThrough("a", network, w.job("m", Every(time.Second), func(j *Job) {
			j.Run = func(_ context.Context, t Tick) error {
				w.mu.Lock()
				defer w.mu.Unlock()
				counted += 1 + t.Missed
				last = t.Due.Sub(w.began)
				return nil
			}
		}))
		w.at(10*time.Second + 500*time.Millisecond)
		network.SetLatency(300 * time.Millisecond)
		w.at(time.Minute + 500*time.Millisecond)
		if w.count(KindMissed) == 0 {
			w.Error("it is not slow enough to show anything")
		}
		network.SetLatency(0)
		w.at(90*time.Second + 500*time.Millisecond)
		if terms := w.count(election.KindElected); terms != 1 {
			w.Errorf("%d terms: the lease is too short for this network", terms)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		if last < 70*time.Second || counted != int(last/time.Second) {
			w.Errorf("%d due times until %v are run or counted; %+v", counted, last, w.events)
		}
	})
}

// A run that ends its goroutine has failed; the schedule goes on.
func TestARunThatEndsItsGoroutine(t *testing.T) {
	bubble(t, func(w *world) {
		w.process("a", w.job("m", Every(time.Minute), func(j *Job) {
			j.Run = func(_ context.Context, t Tick) error {
				w.note("%s", w.show(t))
				runtime.Goexit()
				return nil
			}
		}))
		w.at(2*time.Minute + time.Second)
		w.expect("1m0s for 1m0s", "2m0s for 2m0s")
		w.expectHistory("m", "began", "failed", "failed")
	})
}

// The clock of the leader's machine is an hour off either way: due times are those of Redis.
func TestTheLeadersClockIsWrong(t *testing.T) {
	for _, off := range []time.Duration{-time.Hour, time.Hour} {
		bubble(t, func(w *world) {
			server := time.Now().Add(off)
			w.stub.Mini.SetTime(server)
			w.process("a", w.job("m", Every(time.Minute)))
			for range 200 { // the stand-in's clock stands still between
				time.Sleep(time.Second)
				server = server.Add(time.Second)
				w.stub.Mini.SetTime(server)
			}
			w.mu.Lock()
			defer w.mu.Unlock()
			if len(w.runs) != 3 || !strings.HasSuffix(w.runs[2], "m for "+(off+3*time.Minute).String()) {
				w.Errorf("%v off: %q", off, w.runs)
			}
			for _, ev := range w.events {
				if ev.Kind == election.KindClockSkew {
					w.Errorf("%v off: %+v", off, ev)
				}
			}
		})
	}
}
