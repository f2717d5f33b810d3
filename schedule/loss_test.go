package schedule

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"example.com/incumbent/election"
)

const ledgerKey = "incumbent:{nightly}:ledger"

// The ledger alone is lost: the leader is the only one who decides, so it knows all there was.
func TestTheLedgerIsLostInATerm(t *testing.T) {
	bubble(t, func(w *world) {
		w.process("a", w.slow("m", 90*time.Second))
		w.at(70 * time.Second) // in the middle of a run
		before := w.entry("m")
		w.stub.Mini.Del(ledgerKey)
		w.at(4*time.Minute + time.Second)
		w.expect("1m0s m begins for 1m0s", "2m30s m ends for 1m0s", "2m30s m begins for 2m0s", "4m0s m ends for 2m0s", "4m0s m begins for 4m0s missed 1")
		w.expectHistory("m", "began", "done", "done", "missed 1")
		if w.count(KindLedgerLost) != 1 || w.entry("m").seq <= before.seq {
			w.Errorf("%d events, %+v after %+v", w.count(KindLedgerLost), w.entry("m"), before)
		}
	})
}

// All is lost: the term ends, and the next one begins at the present.
func TestEverythingIsLost(t *testing.T) {
	bubble(t, func(w *world) {
		w.process("a", w.job("m", Every(time.Minute), func(j *Job) { j.CatchUp = 10 }))
		w.at(119 * time.Second)
		w.stub.Mini.FlushAll()
		w.at(3*time.Minute + time.Second)
		// The due time at 2m is unknown: nobody leads, and nobody knows whether it was started.
		w.expect("1m0s m for 1m0s", "3m0s m for 3m0s")
		if w.count(KindLedgerLost) != 1 {
			w.Errorf("%d events", w.count(KindLedgerLost))
		}
		w.expectHistory("m", "began", "done")
	})
}

func TestAJobAtOnceRunsOnceAfterALoss(t *testing.T) {
	bubble(t, func(w *world) {
		w.process("a", w.job("m", Every(time.Hour), func(j *Job) { j.AtOnce = true }))
		w.at(time.Minute)
		w.stub.Mini.FlushAll()
		w.at(2 * time.Minute)
		w.mu.Lock()
		if len(w.runs) != 2 {
			w.Errorf("%q", w.runs)
		}
		w.mu.Unlock()
	})
}

// Redis goes back to an older state, and the leader knows better.
func TestRedisGoesBack(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.process("a", w.job("m", Every(time.Minute)))
		w.at(30 * time.Second)
		old := w.stub.Mini.HGet(ledgerKey, "m")
		w.at(2*time.Minute + time.Second)
		w.stub.Mini.HSet(ledgerKey, "m", old)
		if err := a.elector.StepDown(w.Context(), ""); err != nil {
			w.Fatal(err)
		}
		w.at(3*time.Minute + time.Second) // the next term of the same process
		w.expect("1m0s m for 1m0s", "2m0s m for 2m0s", "3m0s m for 3m0s")
		if w.count(KindLedgerLost) != 1 {
			w.Errorf("%d events", w.count(KindLedgerLost))
		}
	})
}

// Redis undoes an acknowledged claim, and the leader goes with it: that is the limit. The due
// time is started once more, by a leader that cannot know better, and what comes then once.
func TestRedisGoesBackWithItsLeader(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.process("a", w.job("m", Every(time.Minute)))
		w.at(time.Second)
		w.process("b", w.job("m", Every(time.Minute)))
		w.at(90 * time.Second)
		old := w.stub.Mini.HGet(ledgerKey, "m")
		w.at(2*time.Minute + time.Second)
		w.stub.Mini.HSet(ledgerKey, "m", old)
		a.cut()
		w.at(4*time.Minute + time.Second)
		w.expectAbout("1m0s m for 1m0s", "2m0s m for 2m0s", "later m for 2m0s", "3m0s m for 3m0s", "4m0s m for 4m0s")
	})
}

// A ledger that was lost and begun anew is not older than what was heard before.
func TestANewLedgerIsNotOlderThanALostOne(t *testing.T) {
	bubble(t, func(w *world) {
		job := w.job("m", Every(time.Minute))
		a := w.process("a", job)
		w.at(10*time.Minute + time.Second) // a has heard of many writes
		b := w.process("b", job)
		w.at(10*time.Minute + 20*time.Second)
		w.stub.Mini.FlushAll()
		a.cut()
		w.at(12*time.Minute + time.Second)
		if !b.elector.IsLeader() {
			w.Fatal("b does not lead")
		}
		w.expect("1m0s m for 1m0s", "2m0s m for 2m0s", "3m0s m for 3m0s", "4m0s m for 4m0s", "5m0s m for 5m0s", "6m0s m for 6m0s", "7m0s m for 7m0s",
			"8m0s m for 8m0s", "9m0s m for 9m0s", "10m0s m for 10m0s", "11m0s m for 11m0s", "12m0s m for 12m0s")
		e, heard := w.entry("m"), pastOfProcess(w, a)
		if e.seq <= heard.seq {
			w.Errorf("the new ledger's %+v is older than %+v", e, heard)
		}
	})
}

// pastOfProcess is what a process has heard of job m.
func pastOfProcess(w *world, p *process) entry {
	w.Helper()
	h, leave, err := p.elector.Visit()
	if err != nil {
		w.Fatal(err)
	}
	defer leave()
	if e := pastOf(h).heard("m"); e != nil {
		return *e
	}
	return entry{}
}

func TestTwoVersionsInARollingUpdate(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.process("a", w.job("m", Every(time.Minute)))
		w.at(90 * time.Second)
		b := w.process("b", w.job("m", Every(3*time.Minute)), w.job("new", Every(time.Minute)))
		w.at(2*time.Minute + 30*time.Second)
		must := func(p *process) { w.must(p.elector.StepDown(w.Context(), "")) }
		must(a)
		w.at(4*time.Minute + 30*time.Second)
		if !b.elector.IsLeader() {
			w.Fatal("b does not lead")
		}
		must(b)
		w.at(5*time.Minute + time.Second)
		w.expect("1m0s m for 1m0s", "2m0s m for 2m0s", "3m0s m for 3m0s", "3m0s new for 3m0s", "4m0s new for 4m0s", "5m0s m for 5m0s")
		w.expectHistory("m", "began", "done", "done", "changed", "done", "changed", "done")
		if e := w.entry("new"); !e.gone {
			w.Errorf("%+v", e)
		}
	})
}

func TestARenamedJobKeepsItsPast(t *testing.T) {
	renamed := func(j *Job) { j.Formerly = "m" }
	bubble(t, func(w *world) {
		a := w.process("a", w.job("m", Every(time.Minute)))
		w.at(90 * time.Second)
		_ = a.stop()
		w.at(150 * time.Second)
		b := w.process("b", w.job("n", Every(time.Minute), renamed))
		w.at(160 * time.Second)
		_ = b.stop()
		if got := w.stub.Mini.HGet(ledgerKey, "m"); got != "" {
			w.Errorf("the old entry is %q", got)
		}
		// The older version comes back, and goes again: nothing is run twice.
		a = w.process("a", w.job("m", Every(time.Minute)))
		w.at(3*time.Minute + time.Second)
		_ = a.stop()
		w.process("b", w.job("n", Every(time.Minute), renamed))
		w.at(4*time.Minute + time.Second)
		w.expect("1m0s m for 1m0s", "2m30s n for 2m0s", "3m0s m for 3m0s", "4m0s n for 4m0s")
	})
}

func TestTheServersClockIsSetBack(t *testing.T) {
	bubble(t, func(w *world) {
		p := w.process("a", w.job("m", Every(time.Minute)))
		w.at(2*time.Minute + time.Second)
		back := time.Now().Add(-time.Hour)
		for second := range 70 * 60 { // the stand-in's clock stands still between
			w.stub.Mini.SetTime(back)
			time.Sleep(time.Second)
			back = back.Add(time.Second)
			if second == 10 {
				w.must(p.elector.StepDown(w.Context(), ""))
			}
		}
		if w.count(election.KindClockSkew) == 0 {
			w.Error("the next term does not warn")
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		seen := map[string]bool{}
		for _, run := range w.runs {
			_, what, _ := strings.Cut(run, " ")
			if seen[what] {
				w.Errorf("%s twice", what)
			}
			seen[what] = true
		}
		if !seen["m for 2m0s"] || !seen["m for 3m0s"] || !seen["m for 10m0s"] {
			w.Errorf("%q", w.runs)
		}
	})
}

// Everything is lost and the server's clock is set back; another begins anew. Who has run a due
// time does not run it again, and says that it waits.
func TestMemoryIsLostAndTheServersClockIsSetBack(t *testing.T) {
	bubble(t, func(w *world) {
		link, job := w.stub.Link(), w.job("m", Every(time.Minute))
		w.workThrough("a", link, job)
		w.at(2*time.Minute + time.Second)
		b := w.process("b", job)
		w.at(2*time.Minute + 5*time.Second)
		w.stub.Mini.FlushAll()
		link.Cut()
		clock := time.Now().Add(-90 * time.Second)
		for second := range 150 { // the stand-in's clock stands still between
			w.stub.Mini.SetTime(clock)
			time.Sleep(time.Second)
			clock = clock.Add(time.Second)
			switch second {
			case 15:
				link.Heal()
				if !b.elector.IsLeader() {
					w.Fatal("b does not lead")
				}
				_ = b.stop()
			case 20:
				if w.count(election.KindClockSkew) != 1 {
					w.Errorf("%d events", w.count(election.KindClockSkew))
				}
			}
		}
		w.expectAbout("1m0s m for 1m0s", "2m0s m for 2m0s", "later m for 3m0s")
	})
}

// The server's clock is set forward, and back later: due times come early, once.
func TestTheServersClockIsSetForward(t *testing.T) {
	bubble(t, func(w *world) {
		w.process("a", w.job("m", Every(5*time.Minute), func(j *Job) { j.CatchUp = 100 }))
		w.at(time.Minute)
		ahead := 10 * time.Minute
		for second := 0; second < 20*60; second += 4 { // the stand-in's clock stands still between
			if second == 8*60 {
				ahead = 0
			}
			w.stub.Mini.SetTime(time.Now().Add(ahead))
			time.Sleep(4 * time.Second)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.runs) != 4 { // up to 20m
			w.Errorf("%d runs: %q", len(w.runs), w.runs)
		}
		for i, run := range w.runs {
			if want := "m for " + (time.Duration(i+1) * 5 * time.Minute).String(); !strings.HasSuffix(run, want) {
				w.Errorf("%q, want %q", run, want)
			}
		}
		if len(w.runs) > 0 && !strings.HasPrefix(w.runs[0], "1m") { // at the next look, a lease later at most
			w.Errorf("the first is no earlier: %q", w.runs[0])
		}
	})
}

func TestAServerClockThatIsADayOff(t *testing.T) {
	bubble(t, func(w *world) {
		failed := make(chan error, 10)
		s, err := New(w.job("m", Every(time.Minute)))
		if err != nil {
			w.Fatal(err)
		}
		w.work("a", func(ctx context.Context, term election.Term) error {
			w.stub.Mini.SetTime(time.Now().Add(25 * time.Hour))
			err := s.Work(ctx, term)
			failed <- err
			<-ctx.Done()
			return nil
		})
		if err := <-failed; !errors.Is(err, election.ErrUnfit) {
			w.Errorf("%v", err)
		}
		w.expect()
	})
}

func TestRepliesAreLost(t *testing.T) {
	bubble(t, func(w *world) {
		link := w.stub.Link()
		p := w.workThrough("a", link, w.job("m", Every(10*time.Second), func(j *Job) { j.CatchUp = 10 }))
		for i := range 60 {
			w.at(time.Duration(i)*time.Second + 500*time.Millisecond)
			link.LoseReplies(i % 2)
		}
		w.at(2*time.Minute + time.Second)
		_ = p.stop()
		w.mu.Lock()
		defer w.mu.Unlock()
		seen := map[string]bool{}
		for _, run := range w.runs {
			_, what, _ := strings.Cut(run, " ")
			what, _, _ = strings.Cut(what, " missed")
			if seen[what] {
				w.Errorf("%s twice", what)
			}
			seen[what] = true
		}
		if len(seen) != 12 { // the leader lost no due time, nor the answer to a claim
			w.Errorf("%q", w.runs)
		}
	})
}

func TestALedgerOfAnotherTypeEndsTheWork(t *testing.T) {
	bubble(t, func(w *world) {
		w.must(w.stub.Mini.Set(ledgerKey, "something"))
		failed := make(chan error, 10)
		s, err := New(w.job("m", Every(time.Minute)))
		if err != nil {
			w.Fatal(err)
		}
		w.work("a", func(ctx context.Context, term election.Term) error {
			failed <- s.Work(ctx, term)
			<-ctx.Done()
			return nil
		})
		if err := <-failed; !errors.Is(err, election.ErrForeignRecord) || !strings.Contains(err.Error(), "redis-cli DEL '"+ledgerKey+"'") {
			w.Errorf("%v", err)
		}
		if _, err := w.asker().Jobs(w.Context()); !errors.Is(err, election.ErrForeignRecord) {
			w.Errorf("asked: %v", err)
		}
		if got, _ := w.stub.Mini.Get(ledgerKey); got != "something" {
			w.Errorf("overwritten with %q", got)
		}
	})
}

func TestAnEntryOfAnotherVersionStopsItsJobAlone(t *testing.T) {
	bubble(t, func(w *world) {
		w.stub.Mini.HSet(ledgerKey, "m", "2 whatever a later version writes")
		w.process("a", w.job("m", Every(time.Minute)), w.job("n", Every(time.Minute)))
		w.at(2*time.Minute + time.Second)
		w.expect("1m0s n for 1m0s", "2m0s n for 2m0s")
		if w.count(election.KindForeignRecord) != 1 {
			w.Errorf("%d events", w.count(election.KindForeignRecord))
		}
		if got := w.stub.Mini.HGet(ledgerKey, "m"); got != "2 whatever a later version writes" {
			w.Errorf("overwritten with %q", got)
		}
		if err := w.asker().Trigger(w.Context(), "m", ""); !errors.Is(err, election.ErrForeignRecord) {
			w.Errorf("asked: %v", err)
		}
	})
}

func TestAHistoryOfAnotherTypeIsReportedOnce(t *testing.T) {
	bubble(t, func(w *world) {
		w.must(w.stub.Mini.Set("incumbent:{nightly}:runs:m", "something"))
		w.process("a", w.job("m", Every(time.Minute)))
		w.at(2*time.Minute + time.Second)
		w.expect("1m0s m for 1m0s", "2m0s m for 2m0s")
		if w.count(election.KindForeignRecord) != 1 {
			w.Errorf("%d events", w.count(election.KindForeignRecord))
		}
		if _, err := w.asker().Jobs(w.Context()); err != nil {
			w.Error(err)
		}
	})
}

// Who is cut off starts nothing, and its writes are refused after its successor has begun.
func TestALeaderThatIsCutOffStartsNothing(t *testing.T) {
	bubble(t, func(w *world) {
		link := w.stub.Link()
		job := w.job("m", Every(time.Minute))
		w.workThrough("a", link, job)
		w.at(time.Second)
		w.process("b", job)
		w.at(59 * time.Second)
		link.Stall()
		w.at(2*time.Minute - time.Second)
		link.Heal() // what was sent arrives: late, but whole
		w.at(2*time.Minute + time.Second)
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.runs) != 2 || !strings.HasSuffix(w.runs[0], "m for 1m0s") || w.runs[1] != "2m0s m for 2m0s" {
			w.Errorf("%q", w.runs)
		}
	})
}

func TestAServerThatRefusesToWrite(t *testing.T) {
	bubble(t, func(w *world) {
		w.process("a", w.job("m", Every(time.Minute)))
		w.at(59 * time.Second)
		w.stub.Mini.SetError("OOM command not allowed when used memory > 'maxmemory'.")
		w.at(62 * time.Second)
		w.stub.Mini.SetError("")
		w.at(2*time.Minute + time.Second)
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.runs) != 2 || !strings.HasSuffix(w.runs[0], "m for 1m0s") || w.runs[1] != "2m0s m for 2m0s" {
			w.Errorf("%q", w.runs)
		}
	})
}
