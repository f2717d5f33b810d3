package heartbeat

import (
	"sync/atomic"
	"time"
)

// A Pulse is the beating side: when to beat, how long the last confirmed beat is
// trusted, and how long work may still run when trust has ended. It belongs to one
// goroutine; only [Pulse.Trust] and [Pulse.Anchor] may be called by others meanwhile.
//
// Trust counts from the first send of the last confirmed beat, never from its answer
// and never from a repeated send: only the first send is surely earlier than the moment
// at which a judge can have seen the beat.
type Pulse struct {
	timing Timing
	anchor atomic.Pointer[Instant] // first send of the last confirmed beat
	next   Instant                 // when the next attempt is due
	over   atomic.Pointer[end]     // set once trust has ended; what it points to is the owner's
}

// end is how a pulse ended: since when, and what grace was left then.
type end struct {
	since Instant
	grace time.Duration
}

// NewPulse returns a pulse whose first beat, first sent at that instant, was
// confirmed. The jitter, 0 to 1, spreads beats, see [Pulse.Confirm].
func NewPulse(t Timing, sent Instant, jitter float64) *Pulse {
	p := &Pulse{timing: t}
	p.anchor.Store(&sent)
	p.plan(jitter)
	return p
}

// Confirm records, now, that the beat first sent at that instant was
// acknowledged, and plans the next beat: a beat interval after the send, less
// up to a tenth of it (jitter, 0 to 1). An acknowledgement that took longer than
// that makes the next beat due at once. A late success is no success: once trust
// has ended beats may go on, but they revive nothing.
func (p *Pulse) Confirm(sent, now Instant, jitter float64) {
	p.Expire(now)
	if sent.Mono > p.Anchor().Mono {
		p.anchor.Store(&sent)
	}
	p.plan(jitter)
}

func (p *Pulse) plan(jitter float64) {
	p.next = p.Anchor().Add(p.timing.Beat - time.Duration(jitter*float64(p.timing.Beat/10)))
}

// Fail records that the attempt begun at that instant brought no answer; the
// next one is due a retry interval after it began.
func (p *Pulse) Fail(begun Instant) { p.next = begun.Add(p.timing.Retry()) }

// Hurry makes the next beat due now.
func (p *Pulse) Hurry(now Instant) { p.next = now }

// Next returns when the next attempt is due. Beats are paced by the monotonic
// clock, and only ever early: a stepped wall clock must not cause a storm.
func (p *Pulse) Next() Instant { return p.next }

// Due reports whether the next attempt is due.
func (p *Pulse) Due(now Instant) bool { return now.Mono >= p.next.Mono }

// Anchor returns the first send of the last confirmed beat. Any goroutine may call it.
func (p *Pulse) Anchor() Instant { return *p.anchor.Load() }

// Trust returns how much longer the last confirmed beat is trusted; zero or
// less when trust has ended. Any goroutine may call it.
func (p *Pulse) Trust(now Instant) time.Duration {
	if p.over.Load() != nil {
		return 0
	}
	return p.timing.Trust - Elapsed(p.Anchor(), now)
}

// Expire ends trust if its time is up, with the whole grace counted from the
// moment at which trust ended, not from the one at which that was noticed. It
// reports whether trust has ended, now or before.
func (p *Pulse) Expire(now Instant) bool {
	if p.over.Load() == nil && p.Trust(now) <= 0 {
		p.over.Store(&end{since: now, grace: p.timing.Trust + p.timing.Grace - Elapsed(p.Anchor(), now)})
	}
	return p.over.Load() != nil
}

// End ends trust before its time: because the record is lost, for instance. The grace counts from now, or from
// the end of trust if that was earlier. If taken, another leads already,
// and there is no grace.
func (p *Pulse) End(now Instant, taken bool) {
	if !p.Expire(now) {
		p.over.Store(&end{since: now, grace: min(p.timing.Grace, p.timing.Grace+p.timing.Trust-Elapsed(p.Anchor(), now))})
	}
	if over := p.over.Load(); taken {
		over.grace = min(over.grace, Elapsed(over.since, now))
	}
}

// Grace returns how much longer work may run: what is left of the grace
// once trust has ended, before that what is left of trust and grace together.
// Negative is how late the work is.
func (p *Pulse) Grace(now Instant) time.Duration {
	if over := p.over.Load(); over != nil {
		return over.grace - Elapsed(over.since, now)
	}
	return p.Trust(now) + p.timing.Grace
}
