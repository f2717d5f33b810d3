package election

import (
	"errors"
	"fmt"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
)

// answered judges the answer to attempt number n.
func (t *tenure) answered(n int, sent string, floor int64, r register.Reply) {
	if t.gone {
		return
	}
	current := t.pending != nil && t.pending.swap.Next == sent && t.pending.number == n
	switch {
	case r.Err != nil && current && t.pending.inFlight:
		t.failed(r.Err)
	case r.Err == nil:
		t.unheard(r.Unheard)
		t.judge(r.Observation, floor, current)
	}
}

// judge decides by the record in the answer. The floor is the beat that was
// confirmed before the request was sent: a record of ours below it is an older
// state, one at or above it is no loss, even if the compare failed.
func (t *tenure) judge(s register.Observation, floor int64, current bool) {
	now := t.clock.Now()
	t.checkTrust(now)
	switch {
	case !s.Readable() || s.Rec.Grant() != t.owner || !s.Rec.Held() || s.Rec.Beat < floor:
		t.lose(s, now)
	case t.pending != nil && s.Bytes == t.pending.swap.Next:
		t.confirm(now)
	case s.Rec.Status == record.Draining && t.rec.Status == record.Led:
		t.stepDown(s, now)
	case current && t.pending.inFlight:
		t.failed(fmt.Errorf("%w: the record at %s stands as it was", ErrUnavailable, t.target.Name()))
	}
}

func (t *tenure) confirm(now heartbeat.Instant) {
	p := t.pending
	t.rec, t.bytes, t.pending = p.swap.Rec, p.swap.Next, nil
	t.pulse.Confirm(p.first, now, t.clock.Float64())
	anchor := t.pulse.Anchor()
	t.anchor.Store(&anchor)
	t.failing = false
	t.report(Event{Kind: KindBeat, Latency: now.Mono - p.begun.Mono})
}

// unheard tells once that pushes don't get through.
func (t *tenure) unheard(reason string) {
	if reason != "" && !t.deaf {
		t.deaf = true
		t.report(Event{Kind: KindPublishFailed, Err: errors.New(reason)})
	}
}

// stepDown obeys a request: the work's context ends, and the beats go on in the
// drained record. The request confirms no bytes of ours that were on the way:
// trust stays where it was.
func (t *tenure) stepDown(s register.Observation, now heartbeat.Instant) {
	t.rec, t.bytes, t.pending = s.Rec, s.Bytes, nil
	t.end(ErrStepDown)
	t.pulse.Hurry(now)
	t.checkTrust(now)
}

func (t *tenure) failed(err error) {
	t.pending.inFlight = false
	t.pulse.Fail(t.pending.begun)
	if !t.failing {
		t.failing = true
		t.report(Event{Kind: KindBeatFailed, Err: err})
	}
}

// lose ends a tenure whose record is another's, gone, or not what it was. It is
// never written again.
func (t *tenure) lose(s register.Observation, now heartbeat.Instant) {
	t.gone = true
	lost := &Error{Name: t.candidacy.cfg.Name, Leader: leaderOf(s.Rec), Detail: t.why(s), Err: ErrLost}
	taken := s.Readable() && s.Rec.Held() && s.Rec.Grant() != t.owner
	t.pulse.End(now, taken)
	if taken { // there is no grace left, but work that obeys must be able to
		t.leeway = t.candidacy.timing.Slack
	}
	switch {
	case s.Foreign != nil:
		t.report(Event{Kind: KindForeignRecord, Err: t.candidacy.foreign(s)})
	case !s.Present || s.Rec.Status == record.Quarantined || s.Rec.Grant() == t.owner:
		t.report(Event{Kind: KindRecordLost, Err: lost})
	}
	t.end(lost)
	t.checkTrust(now) // which sees that trust has ended with the pulse
}

func (t *tenure) why(s register.Observation) string {
	switch {
	case !s.Present:
		return "its record is gone: deleted, evicted, or Redis lost its memory"
	case s.Foreign != nil:
		return "its key was overwritten by something that is no record"
	case s.Rec.Grant() == t.owner && s.Rec.Held():
		return fmt.Sprintf("Redis went back to an older state (beat %d after %d)", s.Rec.Beat, t.rec.Beat)
	case s.Rec.Held():
		return fmt.Sprintf("%q leads in term %d", s.Rec.Holder, s.Rec.Term)
	case s.Rec.Status == record.Quarantined:
		return "its record was gone and others are waiting to be sure"
	}
	return fmt.Sprintf("its record was declared vacant in term %d", s.Rec.Term)
}
