package electiontest_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/election/electiontest"
)

// Each fault ends a term for the reason that it gives, and concerns one client
// alone.
func TestFaultsConcernOneClient(t *testing.T) {
	faults := map[string]func(*electiontest.Client){
		"cut": (*electiontest.Client).Cut, "black hole": (*electiontest.Client).BlackHole, "stall": (*electiontest.Client).Stall,
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := electiontest.NewRedis(t)
				contest, another := r.Client().Election("x"), r.Client()
				begun := campaign(t, contest.Client, config("x"), obey)
				tm := begins(t, begun, contest.Elect())
				fault(contest.Client)
				ends(t, tm, election.ErrExpired)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				if err := contest.Client.Ping(ctx).Err(); err == nil {
					t.Error("an answer through the fault")
				}
				if err := another.Ping(t.Context()).Err(); err != nil {
					t.Errorf("another client: %v", err)
				}
				contest.Client.Heal()
				if err := contest.Client.Ping(t.Context()).Err(); err != nil {
					t.Errorf("after Heal: %v", err)
				}
			})
		})
	}
}

func TestLostReplies(t *testing.T) {
	both(t, func(t *testing.T) {
		r := electiontest.NewRedis(t)
		c, other := r.Client(), r.Client()
		if err := c.Ping(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		c.LoseReplies(1)
		if err := c.Set(t.Context(), "k", "v", 0).Err(); err == nil {
			t.Error("the reply came")
		}
		if v := other.Get(t.Context(), "k").Val(); v != "v" {
			t.Errorf("k is %q: the command was not executed", v)
		}
	})
}

func TestLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := electiontest.NewRedis(t).Client()
		if err := c.Ping(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		c.SetLatency(30 * time.Millisecond)
		start := time.Now()
		if err := c.Ping(t.Context()).Err(); err != nil || time.Since(start) != 60*time.Millisecond {
			t.Errorf("a round trip of %v, %v", time.Since(start), err)
		}
	})
}

func TestRefusals(t *testing.T) {
	both(t, func(t *testing.T) {
		r := electiontest.NewRedis(t)
		r.RequirePassword("right")
		c := r.Client(func(o *redis.Options) { o.Password = "right" })
		if err := c.Ping(t.Context()).Err(); err != nil {
			t.Errorf("with the password: %v", err)
		}
		if err := r.Client().Ping(t.Context()).Err(); err == nil || !strings.Contains(err.Error(), "NOAUTH") {
			t.Errorf("without the password: %v", err)
		}
		r.FailCommands("LOADING not yet")
		if err := c.Ping(t.Context()).Err(); !redis.IsLoadingError(err) {
			t.Errorf("refused with %v", err)
		}
		r.FailCommands("")
		if err := c.Ping(t.Context()).Err(); err != nil || c.Conns() == 0 {
			t.Errorf("after the refusal: %v, %d connections", err, c.Conns())
		}
	})
}

// A paused leader notices the end of its term with its first look.
func TestPausedLeaderWakesUpDeposed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		contest := electiontest.NewElection(t, "x")
		begun := campaign(t, contest.Client, config("x"), obey)
		tm := begins(t, begun, contest.Elect())
		start := time.Now()
		contest.Client.Pause(time.Minute)
		if err := tm.ctx.Err(); !errors.Is(err, context.Canceled) || time.Since(start) != time.Minute {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		ends(t, tm, election.ErrExpired)
	})
}
