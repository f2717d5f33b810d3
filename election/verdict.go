package election

import (
	"errors"
	"fmt"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
)

// answered judges the answer to a beat.
func (l *leadership) answered(b beat, r register.Reply) {
	if l.lost {
		return
	}
	current := l.pending != nil && l.pending.swap.Next == b.swap.Next && l.pending.number == b.number
	switch {
	case r.Err != nil && current && l.pending.waits:
		l.failed(r.Err)
	case r.Err == nil:
		l.warnOfPublishing(r.PublishErr)
		l.judge(r.Observation, b.floor, current)
	}
}

// judge decides by the record in the answer. The floor is the beat that was
// confirmed before the request was sent: a record of ours below it is an older
// state, one at or above it is no loss, even if the compare failed.
func (l *leadership) judge(s register.Observation, floor int64, current bool) {
	now := l.clock.Now()
	l.checkTrust(now)
	switch {
	case !s.Readable() || s.Rec.Grant() != l.grant || !s.Rec.Held() || s.Rec.Beat < floor:
		l.lose(s, now)
	case l.pending != nil && s.Bytes == l.pending.swap.Next:
		l.confirm(now)
	case s.Rec.Status == record.Draining && l.rec.Status == record.Led, s.Rec.IsSteered() && s.Rec.Beat > l.rec.Beat:
		l.adopt(s, now)
	case current && l.pending.waits:
		l.failed(fmt.Errorf("%w: the record at %s stands as it was", ErrUnavailable, l.target.Name()))
	}
}

func (l *leadership) confirm(now heartbeat.Instant) {
	p := l.pending
	l.rec, l.bytes, l.pending = p.swap.Rec, p.swap.Next, nil
	l.pulse.Confirm(p.first, now, l.clock.Float64())
	if l.hurried {
		l.hurried = false
		l.pulse.Hurry(now)
	}
	l.beatFailed = false
	l.report(Event{Kind: KindBeat, Latency: now.Since(p.begun)})
	l.followPause(now)
}

// warnOfPublishing reports once that notifications are not published.
func (l *leadership) warnOfPublishing(why string) {
	if why != "" && !l.publishWarned {
		l.publishWarned = true
		l.report(Event{Kind: KindPublishFailed, Err: errors.New(why)})
	}
}

// adopt goes on with what somebody else wrote over our record: a request to step down,
// which ends the work's context, or another pause. Beats go on from these bytes. They
// confirm nothing that we have sent: trust stays where it was. Our own beats are even. One
// that is later than ours, and not under way, was executed late: it is not adopted, since
// whoever waits may have received it long ago.
func (l *leadership) adopt(s register.Observation, now heartbeat.Instant) {
	l.rec, l.bytes, l.pending = s.Rec, s.Bytes, nil
	if s.Rec.Status == record.Draining {
		l.trust.end(ErrStepDown)
	}
	l.pulse.Hurry(now)
	l.checkTrust(now)
	l.followPause(now)
}

func (l *leadership) failed(err error) {
	l.pending.waits = false
	l.pulse.Fail(l.pending.begun)
	if !l.beatFailed {
		l.beatFailed = true
		l.report(Event{Kind: KindBeatFailed, Err: err})
	}
}

// lose ends a term whose record is another's, gone, or not what it was. It is
// never written again.
func (l *leadership) lose(s register.Observation, now heartbeat.Instant) {
	l.lost = true
	lost := &Error{Name: l.candidacy.cfg.Name, Leader: leaderOf(s.Rec), Detail: l.lossReason(s), Err: ErrLost}
	l.trust.lose(lost) // before the pulse does: else whoever asks the context in between ends it as expired
	taken := s.Readable() && s.Rec.Held() && s.Rec.Grant() != l.grant
	l.pulse.End(now, taken)
	if taken { // there is no grace left, but work that obeys must be able to
		l.overrunDelay = l.candidacy.timing.Slack
	}
	switch {
	case s.Foreign != nil:
		l.report(Event{Kind: KindForeignRecord, Err: l.candidacy.foreign(s)})
	case !s.Present || s.Rec.Status == record.Quarantined || s.Rec.Grant() == l.grant:
		l.report(Event{Kind: KindRecordLost, Err: lost})
	}
	l.checkTrust(now) // which sees that trust has ended with the pulse
}

func (l *leadership) lossReason(s register.Observation) string {
	switch {
	case !s.Present:
		return "its record is gone: deleted, evicted, or Redis lost its memory"
	case s.Foreign != nil:
		return "its key was overwritten by something that is no record"
	case s.Rec.Grant() == l.grant && s.Rec.Held():
		return fmt.Sprintf("Redis went back to an older state (beat %d after %d)", s.Rec.Beat, l.rec.Beat)
	case s.Rec.Held():
		return fmt.Sprintf("%q leads in term %d", s.Rec.Holder, s.Rec.Term)
	case s.Rec.Status == record.Quarantined:
		return "its record was gone and others are waiting to be sure"
	}
	return fmt.Sprintf("its record was declared vacant in term %d", s.Rec.Term)
}
