package singleton_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/election/electiontest"
	"example.com/incumbent/singleton"
)

// groupOf returns a group of workers over a client of its own, whose elections are taken
// at once.
func groupOf(t *testing.T, r *electiontest.Redis, workers ...singleton.Worker) *singleton.Group {
	t.Helper()
	conn, err := election.Connect(r.Client(), election.Config{Bootstrap: election.BootstrapImmediate})
	if err != nil {
		t.Fatal(err)
	}
	g, err := singleton.NewGroup(conn, workers...)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func named(name string, work election.Work) singleton.Worker {
	return singleton.Worker{Election: election.Config{Name: name}, Work: work}
}

func wait(ctx context.Context, _ election.Term) error { <-ctx.Done(); return nil }

func TestGroupRunsEachWorkerOnOneProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := electiontest.NewRedis(t)
		first := groupOf(t, r, named("a", wait), named("b", wait))
		second := groupOf(t, r, named("a", wait), named("b", wait))
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- first.Run(ctx) }()
		time.Sleep(time.Second)
		rest := make(chan error, 1)
		ctx2, stop2 := context.WithCancel(t.Context())
		go func() { rest <- second.Run(ctx2) }()
		time.Sleep(time.Minute)
		leads := func(g *singleton.Group) (names []string) {
			for _, e := range g.Electors() {
				if e.IsLeader() {
					names = append(names, e.Name())
				}
			}
			return names
		}
		if got := leads(first); !slices.Equal(got, []string{"a", "b"}) || len(leads(second)) > 0 {
			t.Errorf("first leads %q, second %q", got, leads(second))
		}
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the first ended with %v", err)
		}
		time.Sleep(time.Second)
		if got := leads(second); !slices.Equal(got, []string{"a", "b"}) {
			t.Errorf("second leads %q after the first has stopped", got)
		}
		if first.Elector("b").Name() != "b" || first.Elector("c") != nil {
			t.Error("Elector finds the wrong one")
		}
		stop2()
		if err := <-rest; err != nil {
			t.Errorf("the second ended with %v", err)
		}
	})
}

// One worker's error stops all others, and is what Run returns. After that the group may
// run again.
func TestGroupStopsWithTheFirstError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		errBroken := errors.New("broken")
		broken := named("broken", func(context.Context, election.Term) error { time.Sleep(time.Minute); return errBroken })
		broken.Policy.OnReturn = singleton.OnReturnStop
		var cause error
		g := groupOf(t, electiontest.NewRedis(t), broken, named("other", func(ctx context.Context, _ election.Term) error {
			<-ctx.Done()
			cause = context.Cause(ctx)
			return nil
		}))
		for range 2 {
			cause = nil
			if err := g.Run(t.Context()); err != errBroken {
				t.Errorf("Run returned %v", err)
			}
			if !errors.Is(cause, errBroken) {
				t.Errorf("the other one's context ended with %v", cause)
			}
		}
	})
}

// Work that is done ends its worker alone; the group ends with the last.
func TestGroupEndsWhenAllWorkersAreDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		done := func(name string, after time.Duration) singleton.Worker {
			w := named(name, func(context.Context, election.Term) error { time.Sleep(after); return nil })
			w.Policy.OnReturn = singleton.OnReturnStop
			return w
		}
		g := groupOf(t, electiontest.NewRedis(t), done("short", time.Second), done("long", time.Hour))
		begin := time.Now()
		if err := g.Run(t.Context()); err != nil {
			t.Errorf("Run returned %v", err)
		}
		if took := time.Since(begin).Round(time.Second); took != time.Hour {
			t.Errorf("Run took %v", took)
		}
	})
}

func TestGroupRunsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := groupOf(t, electiontest.NewRedis(t), named("a", wait))
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- g.Run(ctx) }()
		synctest.Wait()
		if err := g.Run(t.Context()); !errors.Is(err, election.ErrRunning) {
			t.Errorf("a second Run returned %v", err)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// A second Run is refused also while the first only waits, after work that has failed: it
// would cut that pause short.
func TestASecondRunCutsNoPauseShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runs := 0
		failing := named("failing", func(context.Context, election.Term) error { runs++; return errors.New("broken") })
		failing.Policy = singleton.Policy{MinBackOff: time.Hour, MaxBackOff: time.Hour}
		g := groupOf(t, electiontest.NewRedis(t), failing)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- g.Run(ctx) }()
		time.Sleep(time.Minute)
		second, enough := context.WithTimeout(t.Context(), 10*time.Minute)
		defer enough()
		err := g.Run(second)
		synctest.Wait() // after which runs may be read
		if !errors.Is(err, election.ErrRunning) || runs != 1 {
			t.Errorf("a second Run returned %v, and the work ran %d times", err, runs)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// Workers of one election are one worker with the hooks of all.
func TestHooksOfAllWorkersOfAnElection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls []string
		hooks := func(who string) singleton.Hooks {
			return singleton.Hooks{
				OnElected: func(context.Context, election.Term) error { calls = append(calls, who+" elected"); return nil },
				OnRevoked: func(context.Context, election.Term, error) { calls = append(calls, who+" revoked") },
			}
		}
		cfg := election.Config{Name: "a"}
		g := groupOf(t, electiontest.NewRedis(t),
			singleton.Worker{Election: cfg, Hooks: hooks("first")},
			singleton.Worker{Election: election.Config{Name: "a", Lease: 5 * time.Second}, Hooks: hooks("second"), Work: func(ctx context.Context, _ election.Term) error {
				calls = append(calls, "work")
				<-ctx.Done()
				return nil
			}},
			singleton.Worker{Election: cfg, Hooks: hooks("third")})
		if e := g.Elector("a"); len(g.Electors()) != 1 || e.Timing().Lease != 5*time.Second {
			t.Errorf("%d electors, a lease of %v", len(g.Electors()), e.Timing().Lease)
		}
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		if err := g.Run(ctx); err != nil {
			t.Error(err)
		}
		want := []string{"first elected", "second elected", "third elected", "work", "third revoked", "second revoked", "first revoked"}
		if !slices.Equal(calls, want) {
			t.Errorf("called %q, want %q", calls, want)
		}
	})
}

// Check finds work that outlives its trust, of whichever worker.
func TestGroupCheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := electiontest.NewRedis(t)
		client := r.Client()
		conn, err := election.Connect(client, election.Config{Bootstrap: election.BootstrapImmediate, Lease: 5 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		stubborn := func(ctx context.Context, _ election.Term) error {
			<-ctx.Done()
			time.Sleep(time.Hour)
			return nil
		}
		g, err := singleton.NewGroup(conn, named("good", wait), named("stubborn", stubborn))
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- g.Run(ctx) }()
		time.Sleep(time.Minute)
		if err := g.Check(); err != nil {
			t.Errorf("a leader is healthy, Check says %v", err)
		}
		client.Cut()
		time.Sleep(time.Minute)
		if err := g.Check(); err == nil || !strings.Contains(err.Error(), `"stubborn"`) || strings.Contains(err.Error(), `"good"`) {
			t.Errorf("Check says %v", err)
		}
		client.Heal()
		stop()
		<-ended
	})
}

func TestGroupsThatMakeNoSense(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, err := election.Connect(electiontest.NewRedis(t).Client(), election.Config{})
		if err != nil {
			t.Fatal(err)
		}
		lease := election.Config{Name: "a", Lease: 5 * time.Second}
		once := singleton.Policy{OnReturn: singleton.OnReturnStop}
		one := func(w ...singleton.Worker) []singleton.Worker { return w }
		for says, workers := range map[string][]singleton.Worker{
			"at least one": nil,
			`the worker of election "a" does nothing`: one(named("a", nil)),
			`name ""`:                               one(named("", wait)),
			`two workers of election "a" have Work`: one(named("a", wait), named("a", wait)),
			`two workers of election "a" have settings`: one(singleton.Worker{Election: lease, Work: wait},
				singleton.Worker{Election: lease, Hooks: singleton.Hooks{OnRevoked: func(context.Context, election.Term, error) {}}}),
			"a positive MinBackOff": one(singleton.Worker{Election: lease, Work: wait, Policy: singleton.Policy{MinBackOff: -1}}),
			"have settings": one(singleton.Worker{Election: lease, Work: wait},
				singleton.Worker{Election: election.Config{Name: "a"}, Policy: once, Hooks: singleton.Hooks{OnRevoked: func(context.Context, election.Term, error) {}}}),
		} {
			if _, err := singleton.NewGroup(conn, workers...); !errors.Is(err, election.ErrConfig) || !strings.Contains(err.Error(), says) {
				t.Errorf("refused with %v, want %q", err, says)
			}
		}
		if _, err := singleton.NewGroup(nil, named("a", wait)); !errors.Is(err, election.ErrConfig) {
			t.Errorf("without a Conn: %v", err)
		}
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := singleton.NewGroup(conn, named("a", wait)); !errors.Is(err, election.ErrClosed) {
			t.Errorf("on a closed Conn: %v", err)
		}
	})
}
