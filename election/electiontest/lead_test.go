package electiontest_test

import (
	"testing"

	"example.com/incumbent/election"
	"example.com/incumbent/election/electiontest"
)

// Code that needs the context of elected work gets one, of any number of elections.
func TestLead(t *testing.T) {
	both(t, func(t *testing.T) {
		client := electiontest.NewRedis(t).Client()
		for _, name := range []string{"a", "b"} {
			ctx, term := electiontest.Lead(t, client, name)
			if found, ok := election.TermFrom(ctx); !ok || found != term || term == 0 || ctx.Err() != nil {
				t.Errorf("%s: term %d, in the context %d, %v: %v", name, term, found, ok, ctx.Err())
			}
		}
	})
}

// Leadership ends with the test, and is released.
func TestLeadEndsWithTheTest(t *testing.T) {
	client := electiontest.NewRedis(t).Client()
	for range 2 {
		t.Run("leads", func(t *testing.T) {
			ctx, _ := electiontest.Lead(t, client, "a") // the second time only if it was released
			t.Cleanup(func() {
				if ctx.Err() != nil {
					t.Error("it ended before the test did")
				}
			})
		})
	}
}
