// Package lock locks names that come and go: one at a time, N at a time, or once
// for all. A name needs no set-up and leaves nothing in Redis. What a crash leaves is removed by
// the processes that go on using the space.
//
//	locks, err := lock.Open(rdb, lock.Config{})
//	…
//	err = locks.Try(ctx, "order-4711", 3*time.Second, func(ctx context.Context, term lock.Term) error {
//		return ship(ctx, 4711) // ends when ctx ends
//	})
//	if errors.Is(err, lock.ErrHeld) {
//		return err // somebody else had it for all of the 3 s; see lock.Error
//	}
//
// A lock is held while the function runs, however long that is, and freed when the
// process dies. Calls inside of it with its context and the same name run at once.
//
// At most one holder works at any instant while the assumptions of
// docs/guarantees.md hold, but for a process that is paused between looking at its
// context and acting. The term is the fencing token: see package fence. If Redis loses
// its data, all locks of the space are lost, and nobody gets one for a lease; the first
// call ever waits for a lease, too. A space lives on one Redis, Sentinel or cluster, not
// on a quorum.
package lock
