package electiontest_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/election/electiontest"
	"example.com/incumbent/schedule"
	"example.com/incumbent/singleton"
)

// reports runs a schedule of one job in an election until the test ends. It returns what
// happens there to the ledger.
func reports(t *testing.T, e *electiontest.Election, run func(ctx context.Context, tick schedule.Tick) error) (lost <-chan election.Event) {
	t.Helper()
	s, err := schedule.New(schedule.Job{Name: "report", Due: schedule.Cron("@hourly", "UTC"), Run: run})
	if err != nil {
		t.Fatal(err)
	}
	told := make(chan election.Event, 100)
	elector, err := election.New(e.Client, election.Config{Name: "nightly", Observer: func(ev election.Event) {
		if ev.Kind == schedule.KindLedgerLost {
			told <- ev
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- singleton.Keep(ctx, elector, s.Work, singleton.Policy{}) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("Keep = %v", err)
		}
	})
	return told
}

func TestMakeDue(t *testing.T) {
	both(t, func(t *testing.T) {
		ticks := make(chan schedule.Tick, 10)
		e := electiontest.NewElection(t, "nightly")
		reports(t, e, func(_ context.Context, tick schedule.Tick) error {
			ticks <- tick
			return nil
		})
		term := e.Elect()
		for range 2 { // also of a job that has run before
			e.MakeDue("report")
			tick := <-ticks
			if !tick.Due.IsZero() || tick.Attempt != 1 || tick.Term != term {
				t.Errorf("the tick is %+v, want the first attempt of a run that was asked for, of term %v", tick, term)
			}
		}
		if n := len(ticks); n != 0 {
			t.Errorf("%d runs more than were asked for", n)
		}
	})
}

// TestMakeDueWaitsForARun: a run that was asked for starts after the one under way.
func TestMakeDueWaitsForARun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var starts []time.Duration
		began := time.Now()
		e := electiontest.NewElection(t, "nightly")
		reports(t, e, func(context.Context, schedule.Tick) error {
			starts = append(starts, time.Since(began).Truncate(time.Second))
			time.Sleep(time.Minute)
			return nil
		})
		e.Elect()
		began = time.Now()
		e.MakeDue("report")
		e.MakeDue("report")
		synctest.Wait()
		if want := []time.Duration{0, time.Minute}; !slices.Equal(starts, want) {
			t.Errorf("runs started after %v, want %v", starts, want)
		}
	})
}

// TestRevokedInARun: the context of a run ends with the term, and the run is not repeated.
func TestRevokedInARun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ends []election.Reason
		e := electiontest.NewElection(t, "nightly")
		reports(t, e, func(ctx context.Context, _ schedule.Tick) error {
			<-ctx.Done()
			ends = append(ends, election.ReasonOf(context.Cause(ctx)))
			return nil
		})
		e.Elect()
		e.MakeDue("report")
		e.Revoke()
		synctest.Wait()
		if want := []election.Reason{election.ReasonLost}; !slices.Equal(ends, want) {
			t.Fatalf("runs ended by %v, want %v", ends, want)
		}
		e.Elect()
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(ends) != 1 {
			t.Errorf("runs ended by %v", ends)
		}
	})
}

// TestLoseLedger: a leader restores what it knows at once, and due times go on.
func TestLoseLedger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runs := 0
		e := electiontest.NewElection(t, "nightly")
		lost := reports(t, e, func(context.Context, schedule.Tick) error {
			runs++
			return nil
		})
		e.Elect()
		e.MakeDue("report")
		time.Sleep(time.Second)
		began := time.Now()
		e.LoseLedger()
		select {
		case ev := <-lost:
			if ev.Item != "report" || time.Since(began) != 0 {
				t.Errorf("told of %+v after %v, want the loss of the job's entry at once", ev, time.Since(began))
			}
		case <-time.After(time.Minute):
			t.Fatal("the leader has lost nothing")
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if runs != 3 || len(lost) > 0 {
			t.Errorf("%d runs, %d more losses; want the one that was asked for and those of two hours", runs, len(lost))
		}
	})
}

// TestMisuseOfSchedules: a job that is not there, and nobody who leads, end the test with what to do.
func TestMisuseOfSchedules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &spy{TB: t}
		e := electiontest.NewElection(s, "nightly")
		reports(t, e, func(context.Context, schedule.Tick) error { return nil })
		e.Elect()
		s.fails(t, "does a schedule with this job lead?", func() { e.MakeDue("reprot") })
		e.Expire()
		s.fails(t, "was not started within 5m0s", func() { e.MakeDue("report") })
	})
}
