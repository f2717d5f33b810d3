package election

import (
	"context"
	"errors"
	"fmt"

	"example.com/incumbent/internal/pubsub"
)

// Lead campaigns until this candidate is elected, runs work for one term on the
// calling goroutine, and returns after the work has returned and leadership is
// released. It blocks all the while.
//
// The context of work ends with the term. Its cause says why: the caller's own
// cause when ctx ended, [ErrLost] when the record names another or is gone,
// [ErrExpired] when no beat was confirmed within the trust, [ErrStalled] when the work
// reported no [Progress] for [Config.Stall], [ErrStepDown] when somebody asked for it. Work that returns by itself ends the term too. While
// work drains after a voluntary end leadership is kept, however long that takes; after
// an involuntary end it must return within [Config.Grace]. A panic in work releases
// leadership and is not recovered.
//
// Lead returns the error of the work as it is:
//
//   - After a term that was lost, that expired or stalled, or in which somebody asked for
//     a step-down, the cause is joined with it.
//   - After the caller cancelled ctx, work that returns nil makes Lead return nil, and
//     work that returns ctx.Err() makes it return context.Canceled.
//   - After a deadline of ctx ended the work's context, Lead never returns nil. If the
//     work returned nil, the error wraps context.DeadlineExceeded and ctx's cause,
//     since only the work knows whether it was done.
//
// In a pause (see [Elector.Pause]) a candidate is elected and holds the leadership, and work
// begins when the pause is over. Until then it counts as a candidate that was not elected.
//
// singleton.Keep returns nil in all of these cases, but for work that failed.
//
// A candidate that was never elected returns an error that wraps ctx's cause, or a
// permanent error (see [Permanent]). [ErrRunning] means that this elector is leading
// or campaigning already, or that ctx works for this election: it is the context of
// its work or derived from it, also when that work runs inside the work of another
// election.
func (e *Elector) Lead(ctx context.Context, work Work) error {
	return e.lead(ctx, work, nil)
}

// TryLead is Lead that does not wait until a leader that is alive ends. It blocks until
// the question is decided, and if this candidate is elected, until its term has ended. If a leader beats, or another candidate is elected first, it
// returns an [Error] that wraps [ErrHeld]: as a rule within two beats of that leader,
// about a quarter of its lease. If a lease passes without a beat, or the
// record is vacant, this candidate is elected. A quarantine is waited out, and a
// cool-down does not hold it up. In a pause it takes nothing, and returns an [Error] that
// wraps [ErrPaused] and says until when, by whom and why.
//
// It returns [ErrUnavailable] if Redis gives no usable answer for a whole lease, or if
// this candidate was elected too late to be trusted. Other errors, and what it returns
// after a term, are those of Lead.
func (e *Elector) TryLead(ctx context.Context, work Work) error {
	return e.lead(ctx, work, &single{})
}

func (e *Elector) lead(ctx context.Context, work Work, once *single) error {
	s, err := e.enter(ctx, work)
	if err != nil {
		return err
	}
	defer e.exit(s)
	for {
		t, err := newCampaign(e, s, once).run(ctx)
		if err != nil {
			return err
		}
		if began, err := e.serve(s, t, work); began {
			return err
		}
	}
}

// enter is for one caller at a time. Frames that lie below the work are small: a
// process may lead thousands of elections, and its stacks are what they cost most.
// Work that leads its own election once more would wait for itself.
func (e *Elector) enter(ctx context.Context, work Work) (*session, error) {
	if work == nil {
		return nil, fmt.Errorf("%w: election %q: the work is nil", ErrConfig, e.cfg.Name)
	}
	if e.worksFor(ctx) {
		return nil, fmt.Errorf("%w: ctx works for election %q already; do what is to be done there without another Lead, or give the other election a name of its own", ErrRunning, e.cfg.Name)
	}
	if !e.running.CompareAndSwap(false, true) {
		return nil, fmt.Errorf("%w: election %q", ErrRunning, e.cfg.Name)
	}
	s, err := e.join()
	if err != nil {
		e.running.Store(false)
	}
	return s, err
}

// exit returns when the observer has been given all that this call reported.
func (e *Elector) exit(s *session) {
	e.conn.reporter.flush(e.candidacy)
	e.leave(s)
	e.running.Store(false)
}

// serve is the term itself. The order of its end is the point of it: the work
// has returned, then the beats stop, then the record is released. It holds while
// a panic unwinds, too. A term that ended in a pause, before its work began, is no more than
// a part of the campaign.
func (e *Elector) serve(s *session, t *leadership, work Work) (began bool, err error) {
	if t.hold == nil {
		e.beginsWork(t)
	}
	s.beater.add(t)
	unsubscribe := s.source.Listen(e.place.Leader(), &pubsub.Listener{Hear: t.onNotification})
	returned, why := false, ErrWorkEnded
	defer func() {
		t.ctx.unlabel()
		if !returned { // a panic, or a request to step down in a pause: the next one shall try
			e.startCoolDown(t)
		}
		t.trust.end(why) // unless something else ended the term before
		t.ctx.working.Store(false)
		e.leadership.Store(nil)
		t.trust.stop() // which may wait, and Check must not fail meanwhile
		unsubscribe()
		t.memory.giveUp(t.grant) // before the beats stop: what they are answered later counts
		s.beater.retire(t)
		t.drained = t.clock.Now().Since(*t.stopping)
		s.releaseTerm(t.trust.ctx, t)
		t.callbacks.Wait()
	}()
	if t.hold != nil {
		if !s.awaitResume(t) {
			returned = !errors.Is(context.Cause(t.ctx), ErrStepDown)
			return false, nil
		}
		e.beginsWork(t)
	}
	t.ctx.label()
	err = work(t.ctx, t.term)
	returned = true
	if err != nil {
		why = fmt.Errorf("%w: %w", ErrWorkEnded, err)
	}
	return true, e.verdict(t, err)
}

// beginsWork is when this elector leads for everybody who asks.
func (e *Elector) beginsWork(t *leadership) {
	e.leadership.Store(t)
	t.ctx.working.Store(true)
	t.trust.watch()
}

// verdict is what Lead returns when work has returned err.
func (e *Elector) verdict(t *leadership, err error) error {
	if t.ctx.Err() == nil {
		e.startCoolDown(t)
		return err
	}
	cause := context.Cause(t.ctx)
	if t.trust.reason(cause) == ReasonCaller {
		return e.callersEnd(t.ctx.Err(), cause, err)
	}
	if errors.Is(cause, ErrStepDown) || errors.Is(cause, ErrStalled) {
		e.startCoolDown(t)
	}
	if errors.Is(err, cause) {
		return err // it says so itself
	}
	return errors.Join(err, cause)
}

// callersEnd is what Lead returns after the caller ended the term: the work's error,
// but never nil for a deadline.
func (e *Elector) callersEnd(over, cause, err error) error {
	switch {
	case err != nil:
		return err
	case errors.Is(cause, context.DeadlineExceeded):
		return fmt.Errorf("election: %q: a deadline ended the term, and the work returned nil: %w", e.cfg.Name, cause)
	case errors.Is(over, context.DeadlineExceeded):
		return fmt.Errorf("election: %q: a deadline ended the term, and the work returned nil: %w (%w)", e.cfg.Name, over, cause)
	}
	return nil
}

// startCoolDown leaves leadership to others for a while.
func (e *Elector) startCoolDown(t *leadership) {
	e.legacy.coolDownEnds = e.clock.Now().Add(t.ctx.coolDown)
}
