package electiontest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/election/electiontest"
	"example.com/incumbent/singleton"
)

// A test may take leadership away from a service that uses singleton.Run as often
// as it likes: Elect is more patient than Keep's longest pause.
func TestElectIsMorePatientThanKeep(t *testing.T) {
	works := map[string]election.Work{
		"obeys": func(ctx context.Context, _ election.Term) error { <-ctx.Done(); return ctx.Err() },
		"fails": func(context.Context, election.Term) error { // then Keep pauses for up to 90 s
			time.Sleep(time.Second)
			return errors.New("boom")
		},
	}
	for name, work := range works {
		synctest.Test(t, func(t *testing.T) {
			contest := electiontest.NewElection(t, "x")
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error)
			go func() { ended <- singleton.Run(ctx, contest.Client, "x", work) }()
			defer func() { stop(); <-ended }()
			var longest time.Duration
			for range 20 {
				began := time.Now()
				contest.Elect()
				longest = max(longest, time.Since(began))
				if name == "obeys" {
					contest.Revoke()
				} else {
					time.Sleep(2 * time.Second)
				}
				synctest.Wait()
			}
			t.Logf("%s: Elect took %v at most", name, longest)
		})
	}
}
