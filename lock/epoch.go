package lock

import (
	"context"
	"sync"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/space"
)

// An epoch is what this process knows of whether the space is open, and how it opens it: by
// one call at a time, for all.
type epoch struct {
	of     *Space
	opener chan struct{} // has a token: for who looks

	mu       sync.Mutex
	judge    heartbeat.Judge
	longest  time.Duration // lease that this process knows of
	ever     bool          // an epoch was seen
	opened   chan struct{} // closed when the space is seen open
	reported string        // the quarantine that was
}

func newEpoch(s *Space) *epoch {
	e := &epoch{of: s, opener: make(chan struct{}, 1), longest: s.cfg.Lease, opened: make(chan struct{})}
	e.opener <- struct{}{}
	return e
}

// await takes in an answer that says that the space is not open, does what is due, and waits
// until it is open, which it reports, or the wait is over.
func (e *epoch) await(ctx context.Context, l *link, is space.Sight, w *wait) (open bool, err error) {
	opened := e.awaited()
	left, err := e.advance(ctx, l, is)
	if left == 0 || err != nil || w.none() {
		return left == 0, err
	}
	switch w.until(ctx, opened, e.opener, forever) {
	case woken:
		return true, nil
	case turned:
		defer func() { e.opener <- struct{}{} }()
		return e.watch(ctx, l, left, w)
	default:
		return false, nil
	}
}

// watch looks until the space is open, or the wait is over.
func (e *epoch) watch(ctx context.Context, l *link, left time.Duration, w *wait) (open bool, err error) {
	for left > 0 {
		if w.until(ctx, nil, nil, min(left, e.of.timing.Beat)) == ended {
			return false, nil
		}
		is, err := l.store.Look(ctx)
		switch {
		case err == nil:
			if left, err = e.advance(ctx, l, is); err != nil {
				return false, err
			}
		case election.Permanent(e.of.explain(err)):
			return false, err
		default: // the next look shows it
			left = max(left, e.of.timing.Retry())
		}
	}
	return true, nil
}

// awaited is closed when the space is seen open.
func (e *epoch) awaited() <-chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.opened
}

// advance does what is due, and returns how long to wait then: 0 if the space is open.
func (e *epoch) advance(ctx context.Context, l *link, is space.Sight) (time.Duration, error) {
	for {
		move, next, left, news := e.decide(is)
		if news {
			e.of.reports.report(Event{Kind: election.KindQuarantined, Wait: left})
		}
		switch move {
		case space.Proceed:
			return 0, nil
		case space.Wait:
			return left, nil
		}
		var err error
		if is, err = l.store.Found(ctx, is.Bytes, next); err != nil {
			if election.Permanent(e.of.explain(err)) {
				return 0, err
			}
			return e.of.timing.Retry(), nil // the next look shows what became of it
		}
	}
}

// decide takes in a sight, and says what to do, what to write, how long the quarantine still
// stands, and whether it is a new one. It reads no clock with the lock: that may stand still.
func (e *epoch) decide(is space.Sight) (move space.Move, next space.Epoch, left time.Duration, news bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	j := space.Judged{Immediate: e.of.cfg.Bootstrap == election.BootstrapImmediate && !e.ever}
	if is.Bytes == "" {
		e.judge.ObserveAbsent(is.Received)
	} else {
		e.ever = true
		e.longest = max(e.longest, is.Epoch.Lease)
		e.judge.Observe(is.Epoch.Sign(is.Bytes), is.Sent, is.Received)
		j.Silent, left = e.judge.Silent(is.Received)
	}
	j.Longest = e.longest
	move = space.DecideEpoch(is, j)
	news = move == space.Wait && e.reported != is.Bytes
	e.note(move, is)
	return move, move.Next(is, e.longest), left, news
}

// note wakes who waits for an open space, and notes a quarantine that is reported. The caller
// has the lock.
func (e *epoch) note(move space.Move, is space.Sight) {
	if move == space.Proceed {
		close(e.opened)
		e.opened = make(chan struct{})
	}
	if move == space.Wait {
		e.reported = is.Bytes
	}
}

// known notes that the space was seen at all, and a lease of a session.
func (e *epoch) known(lease time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ever = true
	e.longest = max(e.longest, lease)
}
