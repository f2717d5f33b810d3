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
	"example.com/incumbent/internal/redistest"
	"example.com/incumbent/singleton"
)

// process is the main function of a member.
type process = func(ctx context.Context, m *electiontest.Member) error

// keep is a service that runs work term after term.
func keep(work func(ctx context.Context, term election.Term, m *electiontest.Member) error) process {
	return func(ctx context.Context, m *electiontest.Member) error {
		return singleton.Run(ctx, m.Client, "x", m.Watch(func(ctx context.Context, term election.Term) error {
			return work(ctx, term, m)
		}))
	}
}

func wait(ctx context.Context, term election.Term, _ *electiontest.Member) error {
	return obey(ctx, term)
}

func TestFleetOutlivesStorms(t *testing.T) {
	for seed := range redistest.Either[uint64](1, 4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := electiontest.NewFleet(t, 3, keep(func(ctx context.Context, term election.Term, m *electiontest.Member) error {
					for ctx.Err() == nil {
						if err := m.Fence.Write(term); err != nil {
							return err
						}
						time.Sleep(time.Second)
					}
					return nil
				}))
				for range 4 {
					f.InjectFaults(seed, 10*time.Minute)
				}
				if accepted, refused := f.Fence.Writes(); accepted < 600 || refused > 0 {
					t.Errorf("%d writes accepted, %d refused", accepted, refused)
				}
			})
		})
	}
}

// A member that is cut off and stopped is a crash to the others.
func TestFleetTakesOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := electiontest.NewFleet(t, 3, keep(wait))
		first := f.AwaitLeader()
		start := time.Now()
		first.Cut()
		first.Stop()
		second := f.AwaitLeader()
		if took := time.Since(start); second == first || took > 20*time.Second {
			t.Errorf("%s leads %v after the crash of %s", second.Name, took, first.Name)
		}
		first.Heal()
		first.Start()
		second.Stop()
		if third := f.AwaitLeader(); third == second {
			t.Errorf("%s leads although it is stopped", third.Name)
		}
	})
}

// A paused leader works on when another leads: the fence refuses it, and that is
// no failure.
func TestFenceRefusesAPausedLeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := electiontest.NewFleet(t, 2, keep(func(ctx context.Context, term election.Term, m *electiontest.Member) error {
			for ctx.Err() == nil { // where a paused process stands still
				time.Sleep(time.Second)
				_ = m.Fence.Write(term)
			}
			_ = m.Fence.Write(term) // too late, whatever it is
			return nil
		}))
		first := f.AwaitLeader()
		first.Pause(time.Minute)
		time.Sleep(30 * time.Second)
		if second := f.Leader(); second == first {
			t.Errorf("%s leads", second.Name)
		}
		time.Sleep(time.Minute)
		if _, refused := f.Fence.Writes(); refused == 0 {
			t.Error("no write was refused")
		}
	})
}

// What a fleet must find, it finds.
func TestFleetFails(t *testing.T) {
	minute := func(*electiontest.Fleet) { time.Sleep(time.Minute) }
	faults := map[string]struct {
		run   process
		then  func(f *electiontest.Fleet)
		wants string
	}{
		"two elections": {
			func(ctx context.Context, m *electiontest.Member) error {
				return singleton.Run(ctx, m.Client, "x"+m.Name, m.Watch(obey))
			}, minute, "works in term",
		},
		"work that does not end": {
			keep(func(context.Context, election.Term, *electiontest.Member) error {
				time.Sleep(5 * time.Minute)
				return nil
			}),
			func(f *electiontest.Fleet) { f.AwaitLeader().Cut(); time.Sleep(time.Minute) },
			"its work must end within the grace",
		},
		"two works in a process": {
			keep(func(ctx context.Context, term election.Term, m *electiontest.Member) error {
				return m.Watch(obey)(ctx, term)
			}), minute, "while its own work of term",
		},
		"a write without a term": {
			keep(func(ctx context.Context, _ election.Term, m *electiontest.Member) error {
				return errors.Join(m.Fence.Write(0), obey(ctx, 0))
			}), minute, "term 0, in which nobody has worked",
		},
		"a run that returns an error": {
			func(context.Context, *electiontest.Member) error { return context.Canceled },
			minute, "its run returned: context canceled",
		},
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &spy{TB: t}
				fault.then(electiontest.NewFleet(s, 2, fault.run))
				if !strings.Contains(s.text(), fault.wants) || !strings.Contains(s.text(), "before that:") {
					t.Errorf("the test failed with %q, want %q and a history", s.text(), fault.wants)
				}
			})
		})
	}
}

func TestFleetWithoutALeaderFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &spy{TB: t}
		f := electiontest.NewFleet(s, 30, func(ctx context.Context, _ *electiontest.Member) error { <-ctx.Done(); return nil })
		s.fails(t, "nobody leads after 10m0s", func() { f.AwaitLeader() })
		var all sync.WaitGroup
		for _, m := range f.Members {
			all.Go(m.Stop)
		}
		all.Wait()
		if f.Members[29].Name != "D1" {
			t.Errorf("the last one is %s", f.Members[29].Name)
		}
	})
}
