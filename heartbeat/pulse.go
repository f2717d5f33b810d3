package heartbeat

import "time"

// A Pulse is the beating side: when to beat, how long the last confirmed beat
// is trusted, and how long work may still run when trust has ended. It is
// stepped by its owner and not safe for concurrent use.
//
// Trust counts from the first send of the last confirmed sign, never from its
// answer and never from a repeated send: only the first send is surely earlier
// than the moment at which a judge can have seen the sign.
type Pulse struct {
	timing Timing
	anchor Instant // first send of the last confirmed sign
	next   Instant // when the next attempt is due
	over   *end    // set once trust has ended
}

// end is how a pulse ended: since when, and what grace was left then.
type end struct {
	since Instant
	grace time.Duration
}

// NewPulse returns a pulse whose first sign has been confirmed: sent is when it
// was first sent. The jitter, 0 to 1, spreads beats, see [Pulse.Confirm].
func NewPulse(t Timing, sent Instant, jitter float64) *Pulse {
	p := &Pulse{timing: t, anchor: sent}
	p.plan(jitter)
	return p
}

// Confirm records, now, that the sign first sent at that instant has been
// acknowledged, and plans the next beat: a beat interval after the send, less
// up to a tenth of it (jitter, 0 to 1). An acknowledgement that took longer than
// that makes the next beat due at once. A late success is no success: once trust
// has ended beats may go on, but they revive nothing.
func (p *Pulse) Confirm(sent, now Instant, jitter float64) {
	p.Expire(now)
	if sent.Mono > p.anchor.Mono {
		p.anchor = sent
	}
	p.plan(jitter)
}

func (p *Pulse) plan(jitter float64) {
	p.next = p.anchor.Add(p.timing.Beat - time.Duration(jitter*float64(p.timing.Beat/10)))
}

// Failed records that the attempt begun at that instant brought no answer; the
// next one is due a retry interval after it began.
func (p *Pulse) Failed(begun Instant) { p.next = begun.Add(p.timing.Retry()) }

// Hurry makes the next beat due now.
func (p *Pulse) Hurry(now Instant) { p.next = now }

// Next returns when the next attempt is due. Beats are paced by the monotonic
// clock, and only ever early: a stepped wall clock must not cause a storm.
func (p *Pulse) Next() Instant { return p.next }

// Due reports whether the next attempt is due.
func (p *Pulse) Due(now Instant) bool { return now.Mono >= p.next.Mono }

// Anchor returns the first send of the last confirmed sign.
func (p *Pulse) Anchor() Instant { return p.anchor }

// TrustLeft returns how much longer the last confirmed sign is trusted; zero or
// less when trust has ended.
func (p *Pulse) TrustLeft(now Instant) time.Duration {
	if p.over != nil {
		return 0
	}
	return p.timing.Trust - Elapsed(p.anchor, now)
}

// Expire ends trust if its time is up, with the whole grace counted from the
// moment at which trust ended, not from the one at which that was noticed. It
// reports whether trust has ended, now or before.
func (p *Pulse) Expire(now Instant) bool {
	if p.over == nil && p.TrustLeft(now) <= 0 {
		p.over = &end{since: now, grace: p.timing.Trust + p.timing.Grace - Elapsed(p.anchor, now)}
	}
	return p.over != nil
}

// End ends trust because the record is lost. The grace counts from now, or from
// the end of trust if that was earlier. With taken, somebody else is known to
// hold the office and there is no grace at all.
func (p *Pulse) End(now Instant, taken bool) {
	if !p.Expire(now) {
		p.over = &end{since: now, grace: min(p.timing.Grace, p.timing.Grace+p.timing.Trust-Elapsed(p.anchor, now))}
	}
	if taken {
		p.over.grace = min(p.over.grace, Elapsed(p.over.since, now))
	}
}

// GraceLeft returns how much longer work may run: what is left of the grace
// once trust has ended, before that what is left of trust and grace together.
// Negative is how late the work is.
func (p *Pulse) GraceLeft(now Instant) time.Duration {
	if p.over != nil {
		return p.over.grace - Elapsed(p.over.since, now)
	}
	return p.TrustLeft(now) + p.timing.Grace
}
