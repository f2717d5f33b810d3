package lock

import (
	"context"
	"fmt"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/space"
)

// take waits for the lock and returns the call that holds it. Whoever gets one finishes it.
func (s *Space) take(ctx context.Context, q request) (*call, error) {
	l, err := s.join()
	if err != nil {
		return nil, err
	}
	c, err := s.obtain(ctx, l, q)
	if err != nil {
		s.leave()
		return nil, err
	}
	return c, nil
}

// seen is what a call that waits was last answered.
type seen struct {
	ahead  []space.Seat
	closed bool  // the space is not open
	err    error // there was no usable answer
}

// obtain stands in the line of the name, and asks under one session after the other.
func (s *Space) obtain(ctx context.Context, l *link, q request) (*call, error) {
	w := wait{s, q.wait, s.clock.Now().Mono}
	var is seen
	if causeOf(ctx) != nil {
		return nil, s.refusal(ctx, q, &w, is)
	}
	at := beside
	if q.once == nil || !w.none() { // what is asked without a wait decides by the result, not by the line
		at = s.stand(ctx, q.name, &w)
	}
	switch at {
	case refused:
		if causeOf(ctx) == nil {
			is.ahead, is.err = l.store.Holders(ctx, q.name) // for the error only
		}
		return nil, s.refusal(ctx, q, &w, is)
	case stands:
		defer s.standDown(q.name)
	}
	for {
		c := s.newCall(l, q)
		next, err := c.obtain(ctx, &w, &is)
		if next == obtained {
			return c, nil
		}
		c.giveUp()
		switch {
		case err != nil:
			return nil, err
		case next == notObtained, causeOf(ctx) != nil, w.over() && !w.none():
			return nil, s.refusal(ctx, q, &w, is)
		}
	}
}

func (s *Space) standDown(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.passOn(name)
}

// refusal is the error of a call that was not granted the lock.
func (s *Space) refusal(ctx context.Context, q request, w *wait, is seen) error {
	cause := causeOf(ctx)
	if is.err != nil {
		err := s.explain(is.err)
		if cause != nil {
			err = fmt.Errorf("%w: %w", err, cause)
		}
		return fmt.Errorf("lock: %q of space %q: %w", q.name, s.cfg.Name, err)
	}
	if is.closed {
		is.ahead = nil // they have lost it
	}
	return &Error{Space: s.cfg.Name, Name: q.name, Holders: holdersOf(is.ahead), Waited: w.passed(), Err: held(cause), closed: is.closed}
}

// next is what follows for a call.
type next int

const (
	askAgain    next = iota
	obtained         // it holds the lock
	notObtained      // the wait is over
	anew             // this session cannot get it any more
)

// obtain asks as this call until it is granted, its session ends, or the wait is over.
func (c *call) obtain(ctx context.Context, w *wait, is *seen) (next, error) {
	for {
		if !c.session.trusted() {
			return anew, nil
		}
		made := c.beforeAsking()
		a, err := c.ask(ctx, !w.none(), made)
		if n, err := c.takeIn(ctx, w, is, a, err, made); n != askAgain || err != nil {
			return n, err
		}
	}
}

// takeIn acts on an answer, and waits until it is time to ask again. Made says that the
// session was there when the request was sent.
func (c *call) takeIn(ctx context.Context, w *wait, is *seen, a space.Answer, err error, made bool) (next, error) {
	t := c.session
	if err != nil {
		return c.unanswered(ctx, w, is, err)
	}
	is.err, is.closed = nil, false
	switch a.Kind {
	case space.Grant:
		t.confirm()
		if a.Lease > 0 {
			t.space.epoch.known(a.Lease)
		}
		c.stands = true
		return c.gotIt(ctx, a.Term, a.Seat)
	case space.Held:
		return c.refused(ctx, w, is, a)
	case space.Made:
		t.confirm()
		return askAgain, nil
	case space.Gone:
		t.lose(lossByBeat(""), true)
		return anew, nil
	case space.Absent, space.Closed, space.Short:
		is.closed = true
		return c.closed(ctx, w, a, made)
	}
	return notObtained, c.once.answered(t.space, a)
}

// unanswered waits a little for the next attempt, unless the error needs a person.
func (c *call) unanswered(ctx context.Context, w *wait, is *seen, err error) (next, error) {
	c.stands, c.hung = true, true // for all that is known
	s := c.session.space
	if c.once != nil {
		err = s.explainResult(c.once.key, err)
	} else {
		err = s.explain(err)
	}
	if election.Permanent(err) {
		return notObtained, fmt.Errorf("lock: %q of space %q: %w", c.name, s.cfg.Name, err)
	}
	is.err = err
	if w.none() || w.until(ctx, c.listen(), nil, s.timing.Retry()) == ended {
		return notObtained, nil
	}
	return c.notified(ctx)
}

// gotIt makes the call one that holds the lock.
func (c *call) gotIt(ctx context.Context, term int64, seat int) (next, error) {
	if causeOf(ctx) != nil {
		return notObtained, nil
	}
	if !c.hold(ctx, term, seat) {
		return anew, nil
	}
	return obtained, nil
}

// refused waits for the lock: for a notification, for the next beat, or until a session in
// the way has been silent for its lease.
func (c *call) refused(ctx context.Context, w *wait, is *seen, a space.Answer) (next, error) {
	is.ahead = a.Ahead
	var wake <-chan struct{}
	if !w.none() {
		c.stands, c.hung = true, false
		c.session.confirm()
		wake = c.listen()
	}
	s := c.session.space
	pause, reaped := s.judge(ctx, c, a)
	switch {
	case reaped:
		return askAgain, nil
	case w.none():
		return notObtained, nil
	}
	if w.until(ctx, wake, nil, min(pause, s.timing.Beat)) == ended && !c.isGranted() {
		return notObtained, nil
	}
	return c.notified(ctx)
}

// notified is what follows a wait.
func (c *call) notified(ctx context.Context) (next, error) {
	s := c.session.space
	s.mu.Lock()
	got := c.granted
	s.mu.Unlock()
	if got == nil || c.once != nil {
		return askAgain, nil
	}
	return c.gotIt(ctx, got.Term, got.Seat)
}

func (c *call) isGranted() bool {
	s := c.session.space
	s.mu.Lock()
	defer s.mu.Unlock()
	return c.granted != nil
}

// listen returns what is sent on when the call is granted a seat, or should ask.
func (c *call) listen() <-chan struct{} {
	s := c.session.space
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.wake == nil {
		c.wake = make(chan struct{}, 1)
	}
	if c.woken { // before the answer was taken in
		nudge(c.wake)
	}
	if l := s.lines[c.name]; l != nil {
		l.waiting = true
	}
	return c.wake
}

// closed takes in that the space is not open. If the session was there before, it is lost, and
// all that it held.
func (c *call) closed(ctx context.Context, w *wait, a space.Answer, made bool) (next, error) {
	t, s := c.session, c.session.space
	if made {
		why := fmt.Errorf("%w: the space is gone: deleted, evicted, or Redis lost its data", ErrLost)
		t.lose(why, true)
		s.reports.report(Event{Kind: election.KindRecordLost, Err: why})
	}
	is, err := space.NewSight(a.Epoch, a.Sent, a.Received)
	open := false
	if err == nil {
		open, err = s.epoch.await(ctx, t.link, is, w)
	}
	switch {
	case err != nil:
		return notObtained, s.explain(err)
	case !open:
		return notObtained, nil
	}
	return anew, nil
}

// giveUp ends a call that does not get the lock. What may stand of it in Redis is released.
func (c *call) giveUp() {
	t, s := c.session, c.session.space
	s.mu.Lock()
	c.state, c.wake = over, nil
	lost := t.lost
	s.mu.Unlock()
	if c.stands && !lost && (c.hung || !c.tryRelease()) {
		t.chores.release(c.asked, c.once)
	}
	c.leaveSession()
}
