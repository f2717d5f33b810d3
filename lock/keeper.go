package lock

import (
	"context"
	"fmt"
	"slices"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/space"
)

// beats is what the keeper of a session knows of its beats.
type beats struct {
	number    int64
	bytes     string            // as last confirmed
	next      string            // that was sent and is not confirmed; the same until it is
	firstSent heartbeat.Instant // of next
	begun     heartbeat.Instant // the attempt that is under way
	answers   chan beatAnswer   // nil: none is
	failed    bool              // the last attempt was, and that is reported
	overdue   bool              // the grace is over, and that is reported
}

type beatAnswer struct {
	bytes string
	err   error
}

// keep beats while the session is needed, reports what outlives its grace, and ends the
// session: see [session.plan].
func (t *session) keep() {
	defer t.gone()
	for {
		now := t.space.clock.Now()
		t.trusted()
		t.pulse.Expire(now)
		t.checkGrace(now)
		p := t.plan(now)
		switch {
		case p.end:
			t.end()
			return
		case p.beat:
			t.send(now)
			continue
		}
		t.await(p.pause)
	}
}

// await waits for an answer, for somebody who hurries it, or for a pause.
func (t *session) await(pause time.Duration) {
	timer := time.NewTimer(max(0, t.space.clock.Timer(pause)))
	defer timer.Stop()
	select {
	case a := <-t.beats.answers:
		t.answered(a)
	case <-t.kick:
	case <-timer.C:
	}
}

// A plan is what a keeper does next.
type plan struct {
	end, beat bool
	pause     time.Duration
}

// plan decides what to do now, or how long there is nothing to do.
func (t *session) plan(now heartbeat.Instant) plan {
	s := t.space
	s.mu.Lock()
	defer s.mu.Unlock()
	over := t.ended.Load()
	if len(t.calls) == 0 && (over || t.leaving || now.Mono-t.idleFrom >= s.cfg.Lease) {
		t.leaving = true // for good, before anything is sent: a call that comes now begins another session
		return plan{end: true}
	}
	pause := s.cfg.Lease
	if needs := t.made && !t.lost && (len(t.calls) > 0 || t.used && !over); needs && t.beats.answers == nil {
		if t.pulse.Due(now) {
			t.used = len(t.calls) > 0
			return plan{beat: true}
		}
		pause = min(pause, t.pulse.Next().Since(now))
	}
	if left := t.pulse.Trust(now); left > 0 {
		pause = min(pause, left)
	}
	if over && !t.beats.overdue {
		pause = min(pause, t.pulse.Grace(now))
	}
	if len(t.calls) == 0 {
		pause = min(pause, t.idleFrom+s.cfg.Lease-now.Mono)
	}
	return plan{pause: pause}
}

// send begins an attempt at a beat: with the bytes that were sent before if they are not
// confirmed, else with new ones.
func (t *session) send(now heartbeat.Instant) {
	b := &t.beats
	if b.next == "" {
		b.next = space.Session{Beat: b.number + 1, Lease: t.space.cfg.Lease, ID: t.space.cfg.ID}.String()
		b.firstSent = now
	}
	b.begun, b.answers = now, make(chan beatAnswer, 1)
	expect, next, answers := b.bytes, b.next, b.answers
	t.tasks.Go(func() {
		bytes, err := t.link.beating.Beat(context.Background(), t.sid, expect, next)
		answers <- beatAnswer{bytes, err}
	})
}

// answered takes in what became of an attempt.
func (t *session) answered(a beatAnswer) {
	b, s := &t.beats, t.space
	b.answers = nil
	now := s.clock.Now()
	verdict := space.Unchanged
	if a.err == nil {
		verdict = space.JudgeBeat(a.bytes, b.bytes, b.next)
	}
	switch {
	case register.IsWrongType(a.err):
		err := s.explain(a.err)
		s.reports.report(Event{Kind: election.KindForeignRecord, Err: err})
		t.vanish(now, fmt.Errorf("%w: %w", ErrLost, err))
	case verdict == space.Lost:
		t.vanish(now, lossByBeat(a.bytes))
	case verdict == space.Confirmed:
		b.number, b.bytes, b.next, b.failed = b.number+1, b.next, "", false
		t.trusted() // a late success is none
		t.pulse.Confirm(b.firstSent, now, s.clock.Float64())
		s.reports.report(Event{Kind: election.KindBeat, Latency: now.Since(b.begun)})
	default:
		t.pulse.Fail(b.begun)
		if !b.failed {
			b.failed = true
			s.reports.report(Event{Kind: election.KindBeatFailed, Err: a.err})
		}
	}
}

// vanish takes in that the session is not there any more.
func (t *session) vanish(now heartbeat.Instant, why error) {
	t.pulse.End(now, false)
	t.lose(why, true)
}

// lossByBeat says why a session was lost, by what a beat found instead.
func lossByBeat(found string) error {
	if found == "" {
		return fmt.Errorf("%w: the session is gone: a lease passed without a beat, or Redis lost its data", ErrLost)
	}
	return fmt.Errorf("%w: Redis went back to an older state", ErrLost)
}

// checkGrace reports work that outlives its grace.
func (t *session) checkGrace(now heartbeat.Instant) {
	if !t.ended.Load() || t.beats.overdue {
		return
	}
	t.pulse.End(now, false)
	left := t.pulse.Grace(now)
	if left > 0 {
		return
	}
	t.beats.overdue = true
	t.graceOver.Store(true)
	t.space.mu.Lock()
	var late []*call
	for _, c := range t.calls {
		if c.works() {
			c.callbacks.Add(1)
			late = append(late, c)
		}
	}
	t.space.mu.Unlock()
	for _, c := range late {
		c.work.graceIsOver()
		c.overran(-left)
	}
}

// end ends the session in Redis, unless it is gone or was never there. What becomes of that is
// told by nobody: others end it a lease later.
func (t *session) end() {
	if t.beats.answers != nil {
		t.answered(<-t.beats.answers)
	}
	if t.lost {
		return
	}
	expect := t.beats.bytes
	for range 2 { // an unconfirmed beat may have been executed
		is, err := t.link.beating.Reap(context.Background(), t.sid, expect)
		if err != nil || is == "" {
			return
		}
		expect = is
	}
}

// gone notes that nothing of the session runs any more.
func (t *session) gone() {
	close(t.done) // which ends the chores
	t.tasks.Wait()
	s := t.space
	s.mu.Lock()
	if t.why == nil {
		t.why = ErrClosed // which nobody is told: no call is left
	}
	t.ended.Store(true)
	if s.session == t {
		s.session = nil
	}
	s.past = slices.DeleteFunc(s.past, func(o *session) bool { return o == t })
	stop := t.stop
	s.mu.Unlock()
	if stop != nil {
		stop()
	}
}

// close has the session end now.
func (t *session) close() {
	t.space.mu.Lock()
	t.leaving = true
	t.space.mu.Unlock()
	t.hurry()
}
