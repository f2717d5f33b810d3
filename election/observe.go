package election

import (
	"context"
	"iter"
)

// Observe yields who leads: the state it finds first, and then every change,
// until ctx ends or the loop is left. It yields nobody ([Leader.Nobody]) when the record
// is vacant or quarantined, or the leader silent for a whole lease. One look cannot know
// that: a leader that is found is believed for a lease.
//
// It is level-triggered: a slow consumer misses changes, not the latest state. An
// error is yielded once, when it begins, and Observe goes on; the first state
// after it is yielded in any case. Errors wrap [ErrUnavailable],
// [ErrForeignRecord], [ErrDenied], [ErrUnfit] or [ErrClosed]; the last one ends
// the sequence. Observing needs no right to run scripts.
//
// It runs on the calling goroutine, any number of times at once.
func (e *Elector) Observe(ctx context.Context) iter.Seq2[Leader, error] {
	return func(yield func(Leader, error) bool) {
		s, err := e.join()
		if err != nil {
			yield(Leader{}, err)
			return
		}
		defer e.leave(s)
		o := &observer{candidacy: e.candidacy, session: s, watch: newWatcher(e.candidacy, nil), pauses: newPauses(e.timing, s.clock), yield: yield}
		defer o.watch.begin(s)()
		going := true
		for going && ctx.Err() == nil {
			going = o.step(ctx)
		}
	}
}

// observer is one call of Observe.
type observer struct {
	candidacy *candidacy
	session   *session
	watch     *watcher
	pauses    *pauses
	yield     func(Leader, error) bool
	last      *Leader // what was yielded last; nil: nothing, or an error
	failing   bool
}

// step waits for something new and yields it; false when the loop was left.
func (o *observer) step(ctx context.Context) bool {
	err := o.watch.refresh(ctx)
	switch {
	case ctx.Err() != nil:
		return true
	case err != nil && o.watch.mayPeek(err):
		return true
	case err == nil && o.watch.now.Foreign != nil:
		err = o.candidacy.foreign(o.watch.now)
	}
	if err != nil {
		return o.trouble(ctx, err)
	}
	o.failing = false
	o.pauses.reset()
	now := o.watch.leader()
	if o.last == nil || *o.last != now {
		o.last = &now
		return o.yield(now, nil)
	}
	o.watch.waitForNews(ctx)
	return true
}

// trouble yields an error that is new, and waits a little.
func (o *observer) trouble(ctx context.Context, err error) bool {
	if !o.failing {
		o.failing, o.last = true, nil
		if !o.yield(Leader{}, err) {
			return false
		}
	}
	o.session.pause(ctx, o.pauses.next(), nil)
	return true
}
