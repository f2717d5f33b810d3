package lock

import (
	"context"
	"errors"
	"testing"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/fence"
	"example.com/incumbent/schedule"
)

// In the work of a lock the fence checks the seat: this session, this call, this term.
func TestAWriteIsCheckedByTheSeat(t *testing.T) {
	bubble(t, true, func(w *world) {
		a, b := w.process("a"), w.process("b")
		rdb := a.client.Client
		write := func(ctx context.Context) error {
			_, err := fence.Do(ctx, rdb, fence.Cmd{"INCR", fence.KeyFor(ctx, "n")})
			_, err2 := fence.Eval(ctx, rdb, "return redis.call('INCR', KEYS[1])", []fence.Key{fence.KeyFor(ctx, "n")})
			if errors.Is(err, fence.ErrFenced) != errors.Is(err2, fence.ErrFenced) {
				w.Error(err, err2)
			}
			return err
		}
		held, release, err := a.Hold(w.Context(), "x", 0)
		if err != nil {
			w.Fatal(err)
		}
		if key := fence.KeyFor(held, "n"); key != "{locks}:n" {
			w.Error(key)
		}
		if err := write(held); err != nil {
			w.Error(err)
		}
		unseen := context.WithoutCancel(held)
		hash := w.place.Key
		was := rdb.HGet(w.Context(), hash, "l:0:x").Val()
		for name, change := range map[string]func() error{
			"nobody holds it":     func() error { return rdb.HDel(w.Context(), hash, "l:0:x").Err() },
			"another call of it":  func() error { return rdb.HSet(w.Context(), hash, "l:0:x", was[:16]+":9"+was[18:]).Err() },
			"another holds it":    func() error { return rdb.HSet(w.Context(), hash, "l:0:x", "AAAAAAAAAAAAAAAA"+was[16:]).Err() },
			"another term":        func() error { return rdb.HSet(w.Context(), hash, "l:0:x", was+"0").Err() },
			"its session is gone": func() error { return rdb.HDel(w.Context(), hash, "s:"+was[:16]).Err() },
			"the space is gone":   func() error { return rdb.Del(w.Context(), hash).Err() },
		} {
			saved := rdb.HGetAll(w.Context(), hash).Val()
			if err := change(); err != nil {
				w.Fatal(err)
			}
			if err := write(unseen); !errors.Is(err, fence.ErrFenced) {
				w.Errorf("%s: %v", name, err)
			}
			if err := rdb.HSet(w.Context(), hash, saved).Err(); err != nil {
				w.Fatal(err)
			}
		}
		if err := write(unseen); err != nil {
			w.Error(err)
		}
		_ = release()
		if err := b.Do(w.Context(), "x", func(ctx context.Context, _ Term) error { return write(ctx) }); err != nil {
			w.Error(err)
		}
		if n := rdb.Get(w.Context(), "{locks}:n").Val(); n != "6" {
			w.Error(n)
		}
		if err := write(held); !errors.Is(err, election.ErrWorkEnded) {
			w.Error(err)
		}
	})
}

// By term, the fence takes the term of the lock.
func TestAWriteIsCheckedByTheTermOfTheLock(t *testing.T) {
	bubble(t, true, func(w *world) {
		a := w.process("a")
		rdb := a.client.Client
		at := fence.At("{f}:fence")
		stale, release, err := a.Hold(w.Context(), "x", 0)
		if err != nil {
			w.Fatal(err)
		}
		if _, err := at.Do(stale, rdb, fence.Cmd{"SET", fence.Key("{f}:n"), 1}); err != nil {
			w.Error(err)
		}
		if err := a.Do(w.Context(), "y", func(ctx context.Context, _ Term) error { // terms rise over all names of the space
			_, err := at.Do(ctx, rdb)
			return err
		}); err != nil {
			w.Error(err)
		}
		if _, err := at.Do(stale, rdb, fence.Cmd{"SET", fence.Key("{f}:n"), 2}); !errors.Is(err, fence.ErrFenced) {
			w.Error(err)
		}
		_ = release()
	})
}

// What belongs to the space is not written through the fence, and a prefix of one's own keeps
// the data apart.
func TestKeysOfTheSpaceAreRefused(t *testing.T) {
	bubble(t, true, func(w *world) {
		a := w.process("a", func(c *Config) { c.Prefix = "mine:"; c.Bootstrap = election.BootstrapImmediate })
		err := a.Seats("x", 2).Do(w.Context(), func(ctx context.Context, _ Term) error {
			if key := fence.KeyFor(ctx, "n"); key != "mine:data:{locks}:n" {
				w.Error(key)
			}
			for _, key := range []fence.Key{"mine:{locks}:space", "mine:{locks}:once:k", "mine:{locks}"} {
				if _, err := fence.Do(ctx, a.client.Client, fence.Cmd{"DEL", key}); !errors.Is(err, election.ErrConfig) {
					w.Errorf("%s: %v", key, err)
				}
			}
			_, err := fence.Do(ctx, a.client.Client, fence.Cmd{"SET", fence.KeyFor(ctx, "n"), 1})
			return err
		})
		if err != nil {
			w.Error(err)
		}
	})
}

func TestAScheduleIsNoWorkOfALock(t *testing.T) {
	bubble(t, true, func(w *world) {
		a := w.process("a")
		s, err := schedule.New(schedule.Job{Name: "m", Due: schedule.Every(time.Minute), Run: func(context.Context, schedule.Tick) error { return nil }})
		if err != nil {
			w.Fatal(err)
		}
		if err := a.Do(w.Context(), "x", s.Work); !errors.Is(err, ErrConfig) {
			w.Error(err)
		}
	})
}

// Work of an election inside of a lock, and of a lock inside of an election, ends with either.
func TestALockAndAnElectionInsideOfEachOther(t *testing.T) {
	bubble(t, true, func(w *world) {
		a := w.process("a")
		other := w.redis.Client()
		e, err := election.New(other, election.Config{Name: "e", Bootstrap: election.BootstrapImmediate, Logger: a.cfg.Logger})
		if err != nil {
			w.Fatal(err)
		}
		err = a.Do(w.Context(), "x", func(ctx context.Context, outer Term) error {
			return e.Lead(ctx, func(ctx context.Context, inner election.Term) error {
				if term, _ := election.TermFrom(ctx); term != inner {
					w.Error(term, inner, outer)
				}
				if err := a.Do(ctx, "x", nothing); err != nil { // inside of the lock, through the election
					w.Error(err)
				}
				drain := election.Drain(ctx)
				a.client.Cut() // the lock goes, leadership does not
				<-ctx.Done()
				if !errors.Is(context.Cause(ctx), ErrExpired) || drain.Err() == nil {
					w.Error(context.Cause(ctx), drain.Err())
				}
				return nil
			})
		})
		if !errors.Is(err, ErrExpired) {
			w.Error(err)
		}
		a.client.Heal()
		err = e.Lead(w.Context(), func(ctx context.Context, _ election.Term) error {
			return a.Do(ctx, "x", func(ctx context.Context, inner Term) error {
				if err := e.Lead(ctx, func(context.Context, election.Term) error { return nil }); !errors.Is(err, election.ErrRunning) {
					w.Error(err)
				}
				drain := election.Drain(ctx)
				other.Cut() // leadership goes, the lock does not
				<-ctx.Done()
				if !errors.Is(context.Cause(ctx), election.ErrExpired) || drain.Err() == nil {
					w.Error(context.Cause(ctx), drain.Err())
				}
				return nil
			})
		})
		if !errors.Is(err, election.ErrExpired) {
			w.Error(err)
		}
		other.Heal()
	})
}
