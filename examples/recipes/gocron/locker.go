package gocron

import (
	"context"
	"errors"

	"github.com/go-co-op/gocron/v2"

	"example.com/incumbent/lock"
)

// Locker is a gocron.Locker: pass it to gocron.WithDistributedLocker. Each run of a job
// takes the lock of the job's name, and a run that finds it held is skipped.
type Locker struct{ Space *lock.Space }

// Lock waits for no other run. Give each job a name by gocron.WithName: that of a function,
// which is the default, may be no name of a lock.
func (l Locker) Lock(ctx context.Context, job string) (gocron.Lock, error) {
	_, release, err := l.Space.Hold(ctx, job, 0)
	if err != nil {
		return nil, err // gocron.AfterLockError hears of it
	}
	return unlocker(release), nil
}

type unlocker func() error

// Unlock gets the context of the job, which may have ended: then the lock must be released
// all the same. So the context is not used; a release bounds itself.
func (u unlocker) Unlock(context.Context) error { return u() }

// Locked returns a task that does the same without a Locker: pass it to gocron.NewTask. Its
// work ends when the lock is lost, and knows the term.
func Locked(s *lock.Space, name string, work lock.Work) func(context.Context) error {
	return func(ctx context.Context) error {
		began := false
		err := s.Try(ctx, name, 0, func(ctx context.Context, term lock.Term) error {
			began = true
			return work(ctx, term)
		})
		if !began && errors.Is(err, lock.ErrHeld) {
			return nil // another process runs it
		}
		return err
	}
}
