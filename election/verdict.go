package election

import (
	"errors"
	"fmt"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/record"
)

// answered judges the answer to attempt number n.
func (t *tenure) answered(n int, sent string, floor int64, r reply) {
	if t.gone {
		return
	}
	current := t.pending != nil && t.pending.swap.next == sent && t.pending.number == n
	switch {
	case r.err != nil && current && t.pending.inFlight:
		t.failed(r.err)
	case r.err == nil:
		t.unheard(r.unheard)
		t.judge(r.sighting, floor, current)
	}
}

// judge decides by the record in the answer. The floor is the beat that was
// confirmed before the request was sent: a record of ours below it is an older
// state, one at or above it is no loss, even if the compare failed.
func (t *tenure) judge(s sighting, floor int64, current bool) {
	now := t.clock.Now()
	t.checkTrust(now)
	switch {
	case !s.readable() || s.rec.Grant() != t.owner || !s.rec.Held() || s.rec.Beat < floor:
		t.lose(s, now)
	case t.pending != nil && s.bytes == t.pending.swap.next:
		t.confirm(now)
	case s.rec.Status == record.Draining && t.rec.Status == record.Led:
		t.stepDown(s, now)
	case current && t.pending.inFlight:
		t.failed(fmt.Errorf("%w: the record at %s stands as it was", ErrUnavailable, t.session.target().name()))
	}
}

func (t *tenure) confirm(now heartbeat.Instant) {
	p := t.pending
	t.rec, t.bytes, t.pending = p.swap.rec, p.swap.next, nil
	t.pulse.Confirm(p.first, now, t.clock.Float64())
	anchor := t.pulse.Anchor()
	t.anchor.Store(&anchor)
	t.failing = false
	t.report(Event{Kind: Beat, Latency: now.Mono - p.begun.Mono})
}

// unheard tells once that pushes don't get through.
func (t *tenure) unheard(reason string) {
	if reason != "" && !t.deaf {
		t.deaf = true
		t.report(Event{Kind: Unheard, Err: errors.New(reason)})
	}
}

// stepDown obeys a request: the work's context ends, and the beats go on in the
// drained record. The request confirms no bytes of ours that were on the way:
// trust stays where it was.
func (t *tenure) stepDown(s sighting, now heartbeat.Instant) {
	t.rec, t.bytes, t.pending = s.rec, s.bytes, nil
	t.end(ErrStepDown)
	t.pulse.Hurry(now)
	t.checkTrust(now)
}

func (t *tenure) failed(err error) {
	t.pending.inFlight = false
	t.pulse.Failed(t.pending.begun)
	if !t.failing {
		t.failing = true
		t.report(Event{Kind: BeatFailed, Err: err})
	}
}

// lose ends a tenure whose record is another's, gone, or not what it was. It is
// never written again.
func (t *tenure) lose(s sighting, now heartbeat.Instant) {
	t.gone = true
	lost := &LostError{Election: t.elector.cfg.Name, To: leaderOf(s.rec), Why: t.why(s)}
	taken := s.readable() && s.rec.Held() && s.rec.Grant() != t.owner
	t.pulse.End(now, taken)
	if taken { // there is no grace left, but work that obeys must be able to
		t.leeway = t.elector.timing.Slack
	}
	switch {
	case s.foreign != nil:
		t.report(Event{Kind: Foreign, Err: t.elector.foreign(s)})
	case !s.present || s.rec.Status == record.Quarantined || s.rec.Grant() == t.owner:
		t.report(Event{Kind: HistoryLost, Err: lost})
	}
	t.end(lost)
	t.checkTrust(now) // which sees that trust has ended with the pulse
}

func (t *tenure) why(s sighting) string {
	switch {
	case !s.present:
		return "its record is gone: deleted, evicted, or Redis lost its memory"
	case s.foreign != nil:
		return "its key was overwritten by something that is no record"
	case s.rec.Grant() == t.owner && s.rec.Held():
		return fmt.Sprintf("Redis went back to an older state (beat %d after %d)", s.rec.Beat, t.rec.Beat)
	case s.rec.Held():
		return fmt.Sprintf("%q leads in term %d", s.rec.Holder, s.rec.Term)
	case s.rec.Status == record.Quarantined:
		return "its record was gone and others are waiting to be sure"
	}
	return fmt.Sprintf("its record was declared vacant in term %d", s.rec.Term)
}
