package electiontest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/election/electiontest"
)

// In a pause who is elected leads and does not work, until Resume.
func TestPausedElection(t *testing.T) {
	both(t, func(t *testing.T) {
		contest := electiontest.NewElection(t, "x")
		begun := campaign(t, contest.Client, config("x"), obey)
		start := time.Now()
		for range 3 {
			first := contest.Elect()
			tm := begins(t, begun, first)
			contest.Pause()
			ends(t, tm, election.ErrStepDown)
			held := contest.Elect()
			if held <= first {
				t.Errorf("term %d is held in a pause after term %d", held, first)
			}
			select {
			case tm := <-begun:
				t.Fatalf("work of term %d began in a pause", tm.Term)
			default:
			}
			contest.Resume()
			tm = begins(t, begun, held)
			contest.Revoke()
			ends(t, tm, election.ErrLost)
			contest.Pause() // while another leads
			held = contest.Elect()
			contest.Resume()
			tm = begins(t, begun, held)
			contest.StepDown()
			ends(t, tm, election.ErrStepDown)
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("three pauses took %v", took)
		}
	})
}

// Nobody works in a pause, however long the test waits; and a pause that another leader's
// record had, and has no more, holds nobody back.
func TestPauseLastsUntilResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		contest := electiontest.NewElection(t, "x")
		begun := campaign(t, contest.Client, config("x"), obey)
		begins(t, begun, contest.Elect())
		contest.Pause()
		expectNobody(t, begun)
		contest.Resume()
		begins(t, begun, contest.Elect())
		contest.Revoke()
		contest.Pause()
		contest.Resume()
		expectNobody(t, begun)
		begins(t, begun, contest.Elect())
	})
}
