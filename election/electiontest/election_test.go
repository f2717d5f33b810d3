package electiontest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/election/electiontest"
	"example.com/incumbent/fence"
)

// config never stands back: the tests have no time for it.
func config(name string) election.Config { return election.Config{Name: name, CoolDown: -1} }

func TestTermsEndAsTheTestDecides(t *testing.T) {
	both(t, func(t *testing.T) {
		contest := electiontest.NewElection(t, "x")
		begun := campaign(t, contest.Client, config("x"), obey)
		start := time.Now()
		last := election.Term(0)
		for range 3 {
			for cause, end := range map[error]func(){
				election.ErrLost: contest.Revoke, election.ErrExpired: contest.Expire, election.ErrStepDown: contest.StepDown,
			} {
				elected := contest.Elect()
				if elected <= last {
					t.Errorf("term %d after term %d", elected, last)
				}
				last = elected
				tm := begins(t, begun, elected)
				if tm.ctx.Err() != nil {
					t.Fatalf("term %d is over at its begin: %v", elected, context.Cause(tm.ctx))
				}
				end()
				ends(t, tm, cause)
			}
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("nine terms took %v", took)
		}
	})
}

// Nobody leads before Elect, and nobody leads again after an end, however long
// the test waits.
func TestShutElectionStaysShut(t *testing.T) {
	ways := map[string]func(*electiontest.Election){
		"revoked": (*electiontest.Election).Revoke, "expired": (*electiontest.Election).Expire, "stepped down": (*electiontest.Election).StepDown,
	}
	for way, end := range ways {
		t.Run(way, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				contest := electiontest.NewElection(t, "x")
				begun := campaign(t, contest.Client, config("x"), obey)
				expectNobody(t, begun)
				begins(t, begun, contest.Elect())
				end(contest)
				expectNobody(t, begun)
				begins(t, begun, contest.Elect())
			})
		})
	}
}

func expectNobody(t *testing.T, begun <-chan term) {
	t.Helper()
	time.Sleep(10 * time.Minute)
	synctest.Wait()
	select {
	case tm := <-begun:
		t.Errorf("term %d began in a shut election", tm.Term)
	default:
	}
}

// What others see of a shut election is a leader who is alive.
func TestShutElectionIsHeldByAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		contest := electiontest.NewElection(t, "x")
		e, err := election.New(contest.Client, config("x"))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		changes := 0
		for leader, err := range e.Observe(ctx) {
			changes++
			if leader.ID != "electiontest" || err != nil {
				t.Errorf("%v, %v leads", leader, err)
			}
		}
		if changes != 1 {
			t.Errorf("%d changes within an hour", changes)
		}
	})
}

// Work has its whole grace after Expire, and none after Revoke.
func TestGraceIsThatOfTheEnd(t *testing.T) {
	for name, end := range map[string]struct {
		end     func(*electiontest.Election)
		drain   time.Duration
		overran bool
	}{
		"expired, nearly the grace": {(*electiontest.Election).Expire, 2900 * time.Millisecond, false},
		"expired, over the grace":   {(*electiontest.Election).Expire, 4 * time.Second, true},
		"revoked":                   {(*electiontest.Election).Revoke, time.Second, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				contest := electiontest.NewElection(t, "x")
				var mu sync.Mutex
				overran := false
				cfg := config("x")
				cfg.OnOverrun = func(election.Overrun) { mu.Lock(); defer mu.Unlock(); overran = true }
				begun := campaign(t, contest.Client, cfg, func(ctx context.Context, _ election.Term) error {
					<-ctx.Done()
					time.Sleep(end.drain)
					return nil
				})
				begins(t, begun, contest.Elect())
				time.Sleep(time.Minute + 1500*time.Millisecond) // not at a beat
				end.end(contest)
				time.Sleep(time.Minute)
				mu.Lock()
				defer mu.Unlock()
				if overran != end.overran {
					t.Errorf("overran: %t, want %t", overran, end.overran)
				}
			})
		})
	}
}

// Expire finds a candidate on the plain client, too, if it may take its time.
func TestExpireWithThePlainClient(t *testing.T) {
	both(t, func(t *testing.T) {
		contest := electiontest.NewElection(t, "x")
		cfg := config("x")
		cfg.Lease = 2 * time.Second
		begun := campaign(t, contest.Client.Client, cfg, obey)
		tm := begins(t, begun, contest.Elect())
		start := time.Now()
		contest.Expire()
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("Expire took %v", took)
		}
		ends(t, tm, election.ErrExpired)
	})
}

// An Elect whose push is lost finds its way.
func TestElectAfterABlackHole(t *testing.T) {
	both(t, func(t *testing.T) {
		contest := electiontest.NewElection(t, "x")
		begun := campaign(t, contest.Client, config("x"), obey)
		begins(t, begun, contest.Elect())
		contest.Revoke()
		contest.Client.BlackHole()
		time.AfterFunc(time.Second, contest.Client.Heal)
		begins(t, begun, contest.Elect())
	})
}

func TestElectAfterRedisForgot(t *testing.T) {
	both(t, func(t *testing.T) {
		r := electiontest.NewRedis(t)
		contest := r.Client().Election("x")
		begun := campaign(t, contest.Client, config("x"), obey)
		tm := begins(t, begun, contest.Elect())
		r.FlushAll()
		ends(t, tm, election.ErrLost)
		begins(t, begun, contest.Elect())
	})
}

func TestElectionsOfOneRedis(t *testing.T) {
	both(t, func(t *testing.T) {
		a := electiontest.NewElection(t, "a")
		b := a.Client.Election("b")
		inA, inB := campaign(t, a.Client, config("a"), obey), campaign(t, a.Client, config("b"), obey)
		tb := begins(t, inB, b.Elect())
		ta := begins(t, inA, a.Elect())
		b.Revoke()
		ends(t, tb, election.ErrLost)
		if ta.ctx.Err() != nil {
			t.Errorf("a ended with b: %v", context.Cause(ta.ctx))
		}
	})
}

func TestElectOfALeader(t *testing.T) {
	both(t, func(t *testing.T) {
		contest := electiontest.NewElection(t, "x")
		begun := campaign(t, contest.Client, config("x"), obey)
		elected := contest.Elect()
		begins(t, begun, elected)
		if again := contest.Elect(); again != elected {
			t.Errorf("term %d, then term %d", elected, again)
		}
	})
}

// spy is a test that may fail.
type spy struct {
	testing.TB

	mu   sync.Mutex
	said string
}

type fatal struct{}

func (s *spy) Errorf(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.said += fmt.Sprintf(format, args...) + "\n"
}

func (s *spy) Fatalf(format string, args ...any) {
	s.Errorf(format, args...)
	panic(fatal{})
}

// text is what the test was failed with.
func (s *spy) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said
}

// fails runs what must end the test with that text.
func (s *spy) fails(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		if _, ended := recover().(fatal); !ended || !strings.Contains(s.text(), want) {
			t.Errorf("ended: %t, with %q; want %q", ended, s.text(), want)
		}
	}()
	f()
}

func TestMisuseEndsTheTest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &spy{TB: t}
		contest := electiontest.NewElection(s, "x")
		s.fails(t, "nobody was elected", func() { contest.Elect() })
		for _, end := range []func(){contest.Revoke, contest.Expire, contest.StepDown} {
			s.said = ""
			s.fails(t, "call Elect first", end)
		}
		s.fails(t, "there is an election", func() { contest.Client.Election("x") })
		s.fails(t, "incumbent: bad config", func() { contest.Client.Election("no name") })
	})
}

func TestFence(t *testing.T) {
	var f electiontest.Fence
	for _, w := range []struct {
		term    election.Term
		refused bool
	}{{7, false}, {7, false}, {9, false}, {8, true}, {9, false}} {
		if err := f.Write(w.term); errors.Is(err, fence.ErrFenced) != w.refused {
			t.Errorf("write of term %d: %v", w.term, err)
		}
	}
	if accepted, refused := f.Writes(); accepted != 4 || refused != 1 {
		t.Errorf("%d accepted, %d refused", accepted, refused)
	}
}

// Requests of several elections may share a script: all of their elections are guarded.
func TestAScriptOfSeveralElections(t *testing.T) {
	server := electiontest.NewRedis(t)
	client := server.Client()
	client.Election("x")
	client.Election("y")
	server.FlushAll()
	n, err := client.Eval(t.Context(), "return redis.call('EXISTS', KEYS[1], KEYS[2])", []string{"incumbent:{x}", "incumbent:{y}"}).Int()
	if n != 2 || err != nil {
		t.Errorf("%d of two shut elections are held when a script asks for them, %v", n, err)
	}
}
