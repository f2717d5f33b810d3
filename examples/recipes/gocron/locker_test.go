package gocron_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-co-op/gocron/v2"
	"github.com/google/uuid"

	"example.com/incumbent/election"
	"example.com/incumbent/election/electiontest"
	"example.com/incumbent/lock"

	recipe "example.com/incumbent/examples/recipes/gocron"
)

// process opens the space of a process and starts a scheduler with one job. Both end with
// the test.
func process(t *testing.T, rdb election.Redis, add func(locks *lock.Space, s gocron.Scheduler) (gocron.Job, error)) (gocron.Scheduler, gocron.Job) {
	t.Helper()
	locks, err := lock.Open(rdb, lock.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	s, err := gocron.NewScheduler(gocron.WithDistributedLocker(recipe.Locker{Space: locks}))
	if err != nil {
		t.Fatal(err)
	}
	job, err := add(locks, s)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() {
		if err := errors.Join(s.Shutdown(), locks.Close()); err != nil {
			t.Error(err)
		}
	})
	return s, job
}

// everySecond gives a scheduler a job whose runs take the lock.
func everySecond(task func(context.Context), options ...gocron.JobOption) func(*lock.Space, gocron.Scheduler) (gocron.Job, error) {
	return func(_ *lock.Space, s gocron.Scheduler) (gocron.Job, error) {
		return s.NewJob(gocron.DurationJob(time.Second), gocron.NewTask(task), append(options, gocron.WithName("report"))...)
	}
}

// lockedEverySecond gives a scheduler a job that is locked without a Locker.
func lockedEverySecond(task func(context.Context)) func(*lock.Space, gocron.Scheduler) (gocron.Job, error) {
	return func(locks *lock.Space, s gocron.Scheduler) (gocron.Job, error) {
		work := recipe.Locked(locks, "report", func(ctx context.Context, _ lock.Term) error { task(ctx); return nil })
		return s.NewJob(gocron.DurationJob(time.Second), gocron.NewTask(work), gocron.WithDisabledDistributedJobLocker(true))
	}
}

// runs counts the runs of a job, and the most at once.
type runs struct {
	mu             sync.Mutex
	all, now, most int
}

func (r *runs) take(d time.Duration) func(context.Context) {
	return func(context.Context) {
		r.count(1)
		defer r.count(-1)
		time.Sleep(d)
	}
}

func (r *runs) count(by int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now += by
	r.all += max(0, by)
	r.most = max(r.most, r.now)
}

func (r *runs) is() (all, most int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.all, r.most
}

// Three processes of one clock run a job once each second, on one of them. When one dies in a
// run, the others go on after its lease.
func TestOneRunAtATime(t *testing.T) {
	for name, add := range map[string]func(func(context.Context)) func(*lock.Space, gocron.Scheduler) (gocron.Job, error){
		"Locker": func(task func(context.Context)) func(*lock.Space, gocron.Scheduler) (gocron.Job, error) {
			return everySecond(task)
		},
		"Locked": lockedEverySecond,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				space := electiontest.NewSpace(t, "")
				var r runs
				for range 3 {
					process(t, space.Client, add(r.take(300*time.Millisecond)))
				}
				time.Sleep(10500 * time.Millisecond)
				if all, most := r.is(); all != 10 || most != 1 {
					t.Errorf("%d runs in 10 s, %d at once", all, most)
				}
				release := space.Hold("report") // as one that has died in a run
				time.Sleep(5 * time.Second)
				if all, _ := r.is(); all != 10 {
					t.Errorf("%d runs while another process has the lock", all-10)
				}
				release()
				time.Sleep(5 * time.Second)
				if all, most := r.is(); all != 15 || most != 1 {
					t.Errorf("%d runs after that, %d at once", all-10, most)
				}
			})
		})
	}
}

// A job whose context ends within a run, since it was removed, gives its lock up.
func TestAJobThatIsRemovedGivesItsLockUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := electiontest.NewSpace(t, "")
		ended := false
		s, job := process(t, space.Client, everySecond(func(ctx context.Context) {
			<-ctx.Done()
			ended = true
		}))
		time.Sleep(1500 * time.Millisecond)
		removed := time.Now()
		if err := s.RemoveJob(job.ID()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		space.Hold("report")
		if took := time.Since(removed); !ended || took != 0 {
			t.Errorf("ended: %t, and the lock was free after %v", ended, took)
		}
	})
}

// What the Locker does not give: a job that is shorter than two clocks are apart runs on
// both.
func TestLockerRunsADueTimeTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := electiontest.NewSpace(t, "")
		var r runs
		process(t, space.Client, everySecond(r.take(10*time.Millisecond)))
		time.Sleep(100 * time.Millisecond) // the second clock is so late
		process(t, space.Client, everySecond(r.take(10*time.Millisecond)))
		time.Sleep(5500 * time.Millisecond)
		if all, most := r.is(); all != 10 || most != 1 {
			t.Errorf("%d runs of 5 due times, %d at once", all, most)
		}
	})
}

// Nor this: when a process dies in a run, the next due time is skipped, however late it is. The
// others look at the lock for the first time then.
func TestLockerSkipsADueTimeAfterACrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := electiontest.NewRedis(t)
		space, dies := r.Client().Space(""), r.Client()
		locks, err := lock.Open(dies, lock.Config{Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		_, release, err := locks.Hold(t.Context(), "report", 0) // as the Locker does
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(1500 * time.Millisecond)
		dies.Cut()
		var after runs
		process(t, space.Client, func(_ *lock.Space, s gocron.Scheduler) (gocron.Job, error) {
			return s.NewJob(gocron.DurationJob(time.Minute), gocron.NewTask(after.take(time.Second)), gocron.WithName("report"))
		})
		time.Sleep(30 * time.Second) // so that no run is under way below: Shutdown would wait for it by spinning
		for minute, want := range []int{0, 0, 1, 2} {
			if all, _ := after.is(); all != want {
				t.Errorf("%d runs after %d due times, want %d", all, minute, want)
			}
			time.Sleep(time.Minute)
		}
		dies.Heal()
		if err := release(); !errors.Is(err, lock.ErrExpired) {
			t.Error(err)
		}
		if err := locks.Close(); err != nil {
			t.Error(err)
		}
	})
}

// Nor this: a job whose lock is lost is not told, and goes on beside the next one. With
// Locked it is told.
func TestWhoIsToldThatTheLockIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, told := range map[string]bool{"Locker": false, "Locked": true} {
			space, ended := electiontest.NewSpace(t, ""), make(chan bool, 100)
			task := func(ctx context.Context) {
				select {
				case <-ctx.Done():
					ended <- true
				case <-time.After(1500 * time.Millisecond):
					ended <- false
				}
			}
			add := everySecond(task)
			if told {
				add = lockedEverySecond(task)
			}
			s, job := process(t, space.Client, add)
			time.Sleep(1100 * time.Millisecond)
			space.Revoke()
			if got := <-ended; got != told {
				t.Errorf("%s: told: %t", name, got)
			}
			if err := s.RemoveJob(job.ID()); err != nil {
				t.Error(err)
			}
			synctest.Wait()
		}
	})
}

// A name that is none of a lock is an error that gocron reports.
func TestALockErrorIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		space := electiontest.NewSpace(t, "")
		var mu sync.Mutex
		var reported error
		process(t, space.Client, func(_ *lock.Space, s gocron.Scheduler) (gocron.Job, error) {
			return s.NewJob(gocron.DurationJob(time.Second), gocron.NewTask(func() { t.Error("it runs") }), gocron.WithName("a job"),
				gocron.WithEventListeners(gocron.AfterLockError(func(_ uuid.UUID, _ string, err error) {
					mu.Lock()
					defer mu.Unlock()
					reported = err
				})))
		})
		time.Sleep(1500 * time.Millisecond)
		mu.Lock()
		defer mu.Unlock()
		if !errors.Is(reported, lock.ErrConfig) {
			t.Errorf("reported: %v", reported)
		}
	})
}
