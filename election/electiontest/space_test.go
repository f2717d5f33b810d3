package electiontest_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/election/electiontest"
	"example.com/incumbent/lock"
)

const lockLease = 5 * time.Second // the default

// open opens a space as the service under test does. It is closed when the test ends.
func open(t *testing.T, rdb election.Redis, change ...func(*lock.Config)) *lock.Space {
	t.Helper()
	cfg := lock.Config{Logger: slog.New(slog.DiscardHandler)}
	for _, c := range change {
		c(&cfg)
	}
	locks, err := lock.Open(rdb, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := locks.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return locks
}

// holding is work that holds a lock until its context ends.
type holding struct {
	ctx   context.Context
	ended chan error
}

// holds has a process hold a lock, and drain for as long as that after its context has ended.
func holds(t *testing.T, locks *lock.Space, name string, drain time.Duration) holding {
	t.Helper()
	begun, h := make(chan context.Context), holding{ended: make(chan error, 1)}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	t.Cleanup(func() { stop(); <-done })
	go func() {
		defer close(done)
		h.ended <- locks.Do(ctx, name, func(ctx context.Context, _ lock.Term) error {
			begun <- ctx
			<-ctx.Done()
			time.Sleep(drain)
			return nil
		})
	}()
	select {
	case h.ctx = <-begun:
	case err := <-h.ended:
		t.Fatal(err)
	}
	return h
}

// endsBy checks what a work was ended by.
func (h holding) endsBy(t *testing.T, want error) {
	t.Helper()
	if err := <-h.ended; !errors.Is(err, want) || !errors.Is(context.Cause(h.ctx), want) {
		t.Errorf("the work ended with %v, its context with %v, want %v", err, context.Cause(h.ctx), want)
	}
}

func free(context.Context, lock.Term) error { return nil }

// A process of any lease gets a lock of a new space without a wait.
func TestNewSpaceIsOpenAndFree(t *testing.T) {
	for _, lease := range []time.Duration{2 * time.Second, lockLease, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			s := electiontest.NewSpace(t, "orders")
			locks := open(t, s.Client, func(c *lock.Config) { c.Name, c.Lease = "orders", lease })
			start := time.Now()
			if err := locks.Try(t.Context(), "a", 0, free); err != nil || time.Since(start) != 0 {
				t.Errorf("lease %v: %v after %v", lease, err, time.Since(start))
			}
		})
	}
}

// What another process holds is held until it is released, however long that is.
func TestHoldIsAnotherProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := electiontest.NewSpace(t, "")
		locks := open(t, s.Client)
		release, second := s.Hold("a"), s.Hold("b")
		start := time.Now()
		err := locks.Try(t.Context(), "a", time.Minute, free)
		held, ok := errors.AsType[*lock.Error](err)
		if !errors.Is(err, lock.ErrHeld) || !ok || len(held.Holders) != 1 || held.Holders[0].ID != "electiontest" {
			t.Errorf("%v", err)
		}
		if time.Since(start) != time.Minute {
			t.Errorf("after %v", time.Since(start))
		}
		h := waits(locks, "a")
		synctest.Wait()
		start = time.Now()
		release()
		release()
		if err := <-h; err != nil || time.Since(start) != 0 {
			t.Errorf("the one who waits: %v after %v", err, time.Since(start))
		}
		if err := locks.Try(t.Context(), "b", 0, free); !errors.Is(err, lock.ErrHeld) {
			t.Errorf("another lock of the other process: %v", err)
		}
		second()
		if err := locks.Try(t.Context(), "b", 0, free); err != nil {
			t.Error(err)
		}
	})
}

// waits has a process wait for a lock.
func waits(locks *lock.Space, name string) <-chan error {
	got := make(chan error, 1)
	go func() { got <- locks.Do(context.Background(), name, free) }()
	return got
}

// Hold waits for work that ends, and takes its turn.
func TestHoldTakesItsTurn(t *testing.T) {
	both(t, func(t *testing.T) {
		s := electiontest.NewSpace(t, "")
		locks := open(t, s.Client)
		begun := make(chan struct{})
		first := make(chan error, 1)
		go func() {
			first <- locks.Do(t.Context(), "a", func(context.Context, lock.Term) error {
				close(begun)
				time.Sleep(50 * time.Millisecond)
				return nil
			})
		}()
		<-begun
		release := s.Hold("a")
		if err := locks.Try(t.Context(), "a", 0, free); !errors.Is(err, lock.ErrHeld) {
			t.Error(err)
		}
		release()
		if err := errors.Join(<-first, locks.Do(t.Context(), "a", free)); err != nil {
			t.Error(err)
		}
	})
}

// A test takes locks away in three ways, again and again, and each time the next one is had
// without a wait, but after a quarantine.
func TestLocksAreLostAsTheTestDecides(t *testing.T) {
	both(t, func(t *testing.T) {
		s := electiontest.NewSpace(t, "")
		locks := open(t, s.Client, func(c *lock.Config) { c.Lease = 2 * time.Second })
		for range 2 {
			for cause, lose := range map[error]func(){lock.ErrLost: s.Revoke, lock.ErrExpired: s.Expire} {
				h, other := holds(t, locks, "a", 0), holds(t, locks, "b", 0)
				start := time.Now()
				lose()
				h.endsBy(t, cause)
				other.endsBy(t, cause)
				if took := time.Since(start); took > 500*time.Millisecond { // a beat is 267 ms
					t.Errorf("%v took %v", cause, took)
				}
				if err := locks.Try(t.Context(), "a", 0, free); err != nil {
					t.Errorf("after %v: %v", cause, err)
				}
			}
		}
	})
}

// After Revoke others can have the lock while the work still runs; after Expire not before it
// has ended. Work has its grace after both.
func TestWhoHasTheLockAfterALoss(t *testing.T) {
	for name, way := range map[string]struct {
		lose func(*electiontest.Space)
		free bool
	}{
		"revoked": {(*electiontest.Space).Revoke, true}, "expired": {(*electiontest.Space).Expire, false},
	} {
		for drain, overruns := range map[time.Duration]int{900 * time.Millisecond: 0, 1100 * time.Millisecond: 1} {
			synctest.Test(t, func(t *testing.T) {
				s := electiontest.NewSpace(t, "")
				late := make(chan lock.Overrun, 1)
				locks := open(t, s.Client, func(c *lock.Config) { c.OnOverrun = func(o lock.Overrun) { late <- o } })
				other := open(t, s.Client)
				h := holds(t, locks, "a", drain)
				time.Sleep(time.Minute + 123*time.Millisecond) // not at a beat
				way.lose(s)
				synctest.Wait()
				if err := other.Try(t.Context(), "a", 0, free); errors.Is(err, lock.ErrHeld) == way.free {
					t.Errorf("%s: while the work runs: %v", name, err)
				}
				<-h.ended
				if len(late) != overruns {
					t.Errorf("%s, draining for %v: %d overruns", name, drain, len(late))
				}
				if err := other.Try(t.Context(), "a", 0, free); err != nil {
					t.Errorf("%s: when the work has ended: %v", name, err)
				}
			})
		}
	}
}

// A quarantine takes all locks, and lasts for a lease of the process under test.
func TestQuarantine(t *testing.T) {
	for _, lease := range []time.Duration{2 * time.Second, lockLease, time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			s := electiontest.NewSpace(t, "")
			locks := open(t, s.Client, func(c *lock.Config) { c.Lease, c.Bootstrap = lease, election.BootstrapImmediate })
			release := s.Hold("b")
			h := holds(t, locks, "a", 0)
			s.Quarantine()
			h.endsBy(t, lock.ErrLost)
			start := time.Now()
			err := locks.Try(t.Context(), "b", 0, free)
			if held, ok := errors.AsType[*lock.Error](err); !ok || !errors.Is(err, lock.ErrHeld) || len(held.Holders) != 0 {
				t.Errorf("in quarantine: %v", err)
			}
			if err := locks.Try(t.Context(), "b", time.Hour, free); err != nil || time.Since(start) != lease {
				t.Errorf("lease %v: %v after %v", lease, err, time.Since(start))
			}
			release() // of what is lost
			s.Hold("b")
			if err := locks.Try(t.Context(), "b", 0, free); !errors.Is(err, lock.ErrHeld) {
				t.Error(err)
			}
		})
	}
}

// Who has never asked waits out a quarantine, too, and so does Hold, for whoever opens the space.
func TestQuarantineBeforeTheFirstLock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := electiontest.NewSpace(t, "")
		s.Quarantine()
		start := time.Now()
		got := waits(open(t, s.Client), "a")
		s.Hold("b")
		if err := <-got; err != nil || time.Since(start) < lockLease {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

// Expire finds a process on the plain client, too, if it may take its time.
func TestExpireLocksWithThePlainClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := electiontest.NewSpace(t, "")
		h := holds(t, open(t, s.Client.Client), "a", 0)
		start := time.Now()
		s.Expire()
		if took := time.Since(start); took > lockLease {
			t.Errorf("Expire took %v", took)
		}
		h.endsBy(t, lock.ErrExpired)
	})
}

// Spaces and elections of one Redis go their own ways, and Once stands on the same ground.
func TestSpacesOfOneRedis(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := electiontest.NewSpace(t, "a")
		b, e := a.Client.Space("b"), a.Client.Election("a")
		begun := campaign(t, a.Client, config("a"), obey)
		tm := begins(t, begun, e.Elect())
		inA := open(t, a.Client, func(c *lock.Config) { c.Name = "a" })
		inB := open(t, a.Client, func(c *lock.Config) { c.Name = "b" })
		ha, hb := holds(t, inA, "x", 0), holds(t, inB, "x", 0)
		a.Revoke()
		ha.endsBy(t, lock.ErrLost)
		if hb.ctx.Err() != nil || tm.ctx.Err() != nil {
			t.Errorf("ended with it: %v, %v", hb.ctx.Err(), tm.ctx.Err())
		}
		b.Quarantine()
		hb.endsBy(t, lock.ErrLost)
		once := func(context.Context, lock.Term) (int, error) { return 7, nil }
		if n, err := lock.Once(t.Context(), inA, "k", lock.OnceConfig{}, once); n != 7 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	})
}

func TestMisuseOfASpaceEndsTheTest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &spy{TB: t}
		space := electiontest.NewSpace(s, "")
		for _, lose := range []func(){space.Revoke, space.Expire} {
			s.said = ""
			s.fails(t, "no process of the test holds a lock", lose)
		}
		s.fails(t, "there is a space", func() { space.Client.Space("locks") })
		s.fails(t, "give 1 to 128 characters", func() { space.Client.Space("no name") })
		s.fails(t, "give 1 to 128 characters", func() { space.Hold("no name") })
		locks := open(t, space.Client, func(c *lock.Config) { c.ID = "other" })
		holds(t, locks, "a", 0)
		s.fails(t, "it is held by other", func() { space.Hold("a") })
		space.Quarantine()
		s.fails(t, "no process opens it", func() { space.Hold("b") })
	})
}
