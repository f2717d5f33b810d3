package election

import (
	"context"
	"fmt"
	"time"

	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
)

// StepDown asks whoever leads to step down: its work's context ends with
// [ErrStepDown], it drains, releases and does not campaign for its CoolDown. StepDown
// returns when the request stands in the record, and does not wait for the successor.
// Anybody may ask, also the leader itself. Asking twice is asking once. The reason is
// for people and may be empty: this elector logs it. Errors: [ErrNoLeader],
// [ErrNoElection] if there is no record at all, [ErrForeignRecord], [ErrDenied], [ErrUnfit], or [ErrUnavailable], after which the
// request may stand or not. It blocks as [Elector.Leader] does.
func (e *Elector) StepDown(ctx context.Context, reason string) error {
	return e.steer(ctx, wish{want: wantStepDown, log: "election: asked the leader to step down", reason: reason})
}

// Pause has the leader step down, and keeps the work of this election from running anywhere
// until that time by the clock of Redis, or until [Elector.Resume] if it is zero. A leader
// is still elected in a pause: it beats, and its work does not begin. So a pause outlives
// who holds it, and a loss of the data of Redis if a candidate saw it. Of two pauses the
// later call counts. The reason is for people and may be empty: about 60 bytes of it and of
// the ID of this elector stand in the record.
//
// Pause returns when the pause stands in the record; the work may still drain then. It
// waits while a leader drains for another request, and for the lease of one that died, until ctx
// ends: then the error wraps [ErrDraining] and ctx's cause. A time in the past is an [ErrConfig]. Other errors are
// those of StepDown, but not [ErrNoLeader]. Apart from that it blocks as [Elector.Leader]
// does.
//
// All candidates must be of a version that knows pauses: an older one removes the pause when
// it is elected, and works.
func (e *Elector) Pause(ctx context.Context, until time.Time, reason string) error {
	p := record.Pause{Paused: true, By: e.cfg.ID, Reason: reason}
	if !until.IsZero() {
		p.Until = until.Add(time.Millisecond - 1).UnixMilli()
		if until.Year() > lastYear || p.Until <= 0 {
			return fmt.Errorf("%w: election %q: cannot be paused until %v: give a time in the years up to %d, or the zero time for a pause until Resume", ErrConfig, e.cfg.Name, until, lastYear)
		}
	}
	check := func(server time.Time) error {
		if p.IsOver(server) {
			return fmt.Errorf("%w: election %q: cannot be paused until %v: the clock of Redis says %v: give a later time",
				ErrConfig, e.cfg.Name, until.UTC().Format(time.RFC3339Nano), server.UTC().Format(time.RFC3339Nano))
		}
		return nil
	}
	return e.steer(ctx, wish{want: wantPause(p), check: check, log: "election: paused", reason: reason})
}

// lastYear is one that every clock and every record has room for.
const lastYear = 9999

// Resume ends a pause: whoever is elected begins to work. Without a pause it does nothing.
// It returns when the record says nothing of a pause any more; it waits while a leader still
// drains because of the pause, as [Elector.Pause] does. The reason is for people and may be
// empty: this elector logs it. Errors are those of Pause.
func (e *Elector) Resume(ctx context.Context, reason string) error {
	return e.steer(ctx, wish{want: wantPause(record.Pause{}), log: "election: resumed", reason: reason})
}

// A wish is what somebody who need not lead wants of the record.
type wish struct {
	want   func(record.Record) (next record.Record, is steering)
	check  func(server time.Time) error // of the time at the first look; nil: nothing to check
	log    string                       // what is logged when it was written
	reason string
}

// steering is what is to be done for a wish.
type steering int

const (
	fulfilled steering = iota // the record says so already
	possible                  // the next record is to be written
	mustWait                  // nobody but the leader may change the record
	pointless                 // there is no leader whom it could be about
)

// wantStepDown decides about a request to step down.
func wantStepDown(r record.Record) (next record.Record, is steering) {
	switch r.Status {
	case record.Led:
		return r.Steered(record.Draining), possible
	case record.Draining:
		return r, fulfilled
	}
	return r, pointless
}

// wantPause decides how a record gets that pause; the zero one ends a pause. Nobody but its
// leader changes a draining record, or one of a leader whose work runs: such a leader is
// asked to step down.
func wantPause(p record.Pause) func(record.Record) (record.Record, steering) {
	return func(r record.Record) (next record.Record, is steering) {
		next, is = r.WithPause(p), possible
		switch {
		case next.Pause() == r.Pause():
			return r, fulfilled
		case r.Status == record.Draining:
			return r, mustWait
		case r.Status == record.Led && r.IsPaused():
			next = next.Steered(record.Led)
		case r.Status == record.Led:
			next = next.Steered(record.Draining)
		default:
			next = next.Next(r.Status)
		}
		if r.Status == record.Quarantined { // which is waited for anew
			next.Nonce = record.NewNonce()
		}
		return next, is
	}
}

// steerTries bounds how often a wish may lose against beats.
const steerTries = 8

// steer fulfils a wish by a compare-and-set on what stands in the record.
func (e *Elector) steer(ctx context.Context, w wish) error {
	s, err := e.join()
	if err != nil {
		return err
	}
	defer e.leave(s)
	seen, err := s.ask(ctx, e.candidacy, register.Request{Place: e.place, Leaves: true})
	for tries := 0; ; tries++ {
		if err == nil {
			err = e.steerable(seen)
		}
		if err == nil && w.check != nil && tries == 0 {
			err = w.check(seen.Server)
		}
		if err != nil {
			return err
		}
		next, is := w.want(seen.Rec)
		switch {
		case is == fulfilled:
			e.steered(ctx, s, w, seen, tries)
			return nil
		case is == pointless:
			return fmt.Errorf("%w: election %q", ErrNoLeader, e.cfg.Name)
		case is == mustWait:
			seen, err = e.awaitDrained(ctx, s, seen)
			tries = 0
			continue
		case tries == steerTries:
			return fmt.Errorf("%w: beats were faster %d times than requests to %s; ask again", ErrUnavailable, tries, register.NewTarget(e.rdb).Name())
		}
		seen, err = s.ask(ctx, e.candidacy, register.Request{Place: e.place, Swap: register.SwapTo(seen.Contents, next), Leaves: true})
	}
}

// steerable explains why there is no record that could be changed.
func (e *Elector) steerable(seen register.Observation) error {
	switch {
	case !seen.Present:
		return e.absent()
	case seen.Foreign != nil:
		return e.foreign(seen)
	}
	return nil
}

// steered tells the leader and the log that a wish is fulfilled, if this call had to do
// something for it.
func (e *Elector) steered(ctx context.Context, s *session, w wish, seen register.Observation, tries int) {
	if tries == 0 {
		return
	}
	if seen.Rec.Held() {
		e.notifyLeader(ctx, s)
	}
	//nolint:sloglint // there are only as many messages as wishes
	e.log.Info(w.log, "leader", leaderOf(seen.Rec), "reason", w.reason)
}

// awaitDrained waits until somebody's record of a draining leader is gone. If that leader has
// been silent for its lease, and no candidate takes over, the record is made vacant: as if a
// candidate had claimed it and then withdrawn.
func (e *Elector) awaitDrained(ctx context.Context, s *session, drains register.Observation) (register.Observation, error) {
	w := newWatcher(e.candidacy, nil)
	defer w.begin(s)()
	for {
		switch err := w.refresh(ctx); {
		case ctx.Err() != nil:
			return drains, fmt.Errorf("%w: election %q: %q, term %d, still drains: %w", ErrDraining, e.cfg.Name, drains.Rec.Holder, drains.Rec.Term, context.Cause(ctx))
		case err != nil:
			return drains, err
		case w.now.Rec.Status != record.Draining || w.now.Rec.Grant() != drains.Rec.Grant():
			return w.now, nil
		}
		if _, waiting := w.untilSilent(s.clock.Now()); !waiting {
			v := w.now.Rec.Next(record.Vacant)
			v.Nonce = record.NewNonce()
			return s.ask(ctx, e.candidacy, register.Request{Place: e.place, Swap: register.SwapTo(w.now.Contents, v), Leaves: true})
		}
		w.waitForNews(ctx)
	}
}

// notifyLeader has the leader look at its record at once. It goes in a packet of its own, and
// what becomes of it is nobody's concern: the next beat finds the request, too. A packet
// without anybody who waits for it would be cut off when this is the last call of a Conn.
func (e *Elector) notifyLeader(ctx context.Context, s *session) {
	_, _ = s.ask(ctx, e.candidacy, register.Request{Place: e.place, Note: register.Note{Channel: e.place.Leader(), Text: askedToStepDown}, Leaves: true})
}
