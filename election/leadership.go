package election

import (
	"context"
	"sync"
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/pubsub"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/scope"
	"example.com/incumbent/internal/seam"
	"example.com/incumbent/internal/succession"
)

// A leadership is one term of this process, from the grant to the release. The
// beater steps it; nothing in it blocks.
type leadership struct {
	// Never changed.
	candidacy *candidacy
	memory    *memory // of the election
	clock     seam.Clock
	reporter  *reporter
	target    *register.Target    // for errors
	hurry     func(l *leadership) // has it beat now
	term      Term
	grant     record.Grant
	begun     heartbeat.Instant
	ctx       *workContext // the work's
	hold      *hold        // nil: the work began with the term

	// Safe for concurrent use.
	trust     *trust
	waitlist  succession.Waitlist
	callbacks sync.WaitGroup // calls of OnOverrun, and what ends a stalled term
	stacks    string         // of stalled work; read it only after the term has ended with ErrStalled

	// Owned by the beater's goroutine, and by the caller of retire after that.
	pulse         *heartbeat.Pulse
	rec           record.Record // as last confirmed
	bytes         string
	pending       *attempt           // bytes that were sent: the same until they are confirmed or superseded
	hurried       bool               // it was asked to beat while a beat was under way, whose answer may be older than why
	lost          bool               // the record is not ours any more: no more beats
	stopping      *heartbeat.Instant // since when the work's context has ended
	drained       time.Duration      // from the end of the context to the return of the work
	overrunDelay  time.Duration      // before an overrun is reported
	overran       overruns           // that were reported
	stalled       bool               // the work has made no progress for too long
	silent        bool               // no more beats, although the work still runs
	publishWarned bool               // that a notification was not published
	beatFailed    bool               // the last attempt failed, and that was reported
	due           time.Duration      // when to step it, by the monotonic clock
	index         int                // in the beater's heap
	retired       bool               // nothing steps it any more
}

// attempt is a beat that was sent. The swap and the instant of its first send stay
// the same however often it is sent.
type attempt struct {
	swap   register.Swap // from the bytes as last confirmed
	first  heartbeat.Instant
	begun  heartbeat.Instant // this send
	waits  bool              // for the answer to this send
	number int               // of this send
}

// newLeadership starts a term whose record was first sent at that instant.
func (s *session) newLeadership(ctx context.Context, c *candidacy, rec record.Record, sent heartbeat.Instant) *leadership {
	ctx = register.WithHolder(ctx, s.holder(c, rec.Grant()))
	pulse := heartbeat.NewPulse(c.timing, sent, s.clock.Float64())
	work := ctx
	if c.cfg.Stall > 0 {
		work = labelled(ctx, c.place.Key, Term(rec.Term))
	}
	l := &leadership{
		candidacy: c, memory: c.memory(), clock: s.clock, reporter: s.reporter, target: s.target(), hurry: s.hurry,
		term: Term(rec.Term), grant: rec.Grant(), pulse: pulse, rec: rec, bytes: rec.String(), begun: s.clock.Now(),
		trust: newTrust(work, c.cfg.Name, Term(rec.Term), s.clock, pulse),
	}
	l.hold = newHold(rec)
	l.ctx = &workContext{Context: l.trust.ctx, term: l.term, candidacy: c, trust: l.trust, outer: scope.WorkOf(ctx), caller: ctx, report: l.report}
	l.ctx.coolDown, l.ctx.progress.limit = c.cfg.CoolDown, c.cfg.Stall
	l.ctx.progress.set(l.begun)
	return l
}

// untilStep is how long the beater may leave this term alone.
func (l *leadership) untilStep(now heartbeat.Instant) time.Duration {
	d := l.candidacy.timing.Lease
	if l.beats() {
		d = min(d, l.untilSend(now))
	}
	if left := l.pulse.Trust(now); left > 0 {
		d = min(d, left)
	}
	if l.mayStall() {
		d = min(d, l.ctx.progress.left(now))
	}
	if !l.overran.grace {
		d = min(d, l.pulse.Grace(now)+l.overrunDelay)
	}
	if l.stopping != nil && !l.overran.drain && l.pulse.Trust(now) > 0 {
		d = min(d, l.candidacy.cfg.Grace-now.Since(*l.stopping))
	}
	return max(0, d)
}

// untilSend is how long until an attempt is due, or the present one is given up.
func (l *leadership) untilSend(now heartbeat.Instant) time.Duration {
	if l.waits() {
		return l.candidacy.timing.Attempt - now.Since(l.pending.begun)
	}
	return l.pulse.Next().Since(now)
}

// beats reports whether the record is to be written.
func (l *leadership) beats() bool { return !l.lost && !l.silent }

// waits reports whether an attempt waits for its answer.
func (l *leadership) waits() bool { return l.pending != nil && l.pending.waits }

// early is by how much a beat may come before its time to share a batch with
// others.
func (l *leadership) early() time.Duration {
	return min(l.candidacy.timing.Beat/50, 10*time.Millisecond)
}

// step looks at the clocks first, then reports what is late, then says what to
// send, if anything. What is due within early is due.
func (l *leadership) step(early time.Duration) (beat, bool) {
	now := l.clock.Now()
	l.checkTrust(now)
	l.checkStall(now)
	l.checkOverrun(now)
	if !l.beats() {
		return beat{}, false
	}
	if l.waits() && l.untilSend(now) <= 0 {
		l.failed(l.target.Silent(l.candidacy.timing.Attempt))
	}
	if l.waits() || !l.pulse.Due(now.Add(early)) {
		return beat{}, false
	}
	return l.send(now), true
}

// send begins an attempt: with the bytes that were sent before if they are not
// confirmed, else with new ones.
func (l *leadership) send(now heartbeat.Instant) beat {
	if l.pending == nil {
		next := l.nextBeat()
		l.pending = &attempt{swap: register.Swap{Expect: register.Contents{Present: true, Bytes: l.bytes}, Next: next.String(), Rec: next}, first: now}
	}
	p := l.pending
	p.begun, p.waits, p.number = now, true, p.number+1
	return beat{leadership: l, swap: &p.swap, number: p.number, floor: l.rec.Beat}
}

// checkTrust takes in that the work's context has ended, and ends it if trust is over.
func (l *leadership) checkTrust(now heartbeat.Instant) {
	if l.stopping == nil && l.trust.ctx.Err() != nil {
		since := now
		l.stopping = &since
		cause := context.Cause(l.trust.ctx)
		reason := l.trust.reason(cause)
		var text string
		if reason == ReasonStalled {
			text = l.stacks
		}
		if reason == ReasonExpired || reason == ReasonStalled {
			l.pulse.End(now, false)
		}
		l.reportEnd(Event{Kind: KindRevoked, Reason: reason, Err: cause, Lasted: now.Since(l.begun), Text: text})
	}
	if l.pulse.Expire(now) {
		l.trust.lose(ErrExpired)
	}
}

// askedToStepDown is the note that follows a request to step down. It is not
// believed: it makes the next beat come at once, whose answer is.
const askedToStepDown = "steps down"

// onNotification takes in what is meant for the leader: who waits, and that it is asked
// to step down.
func (l *leadership) onNotification(m pubsub.Message) {
	if token, waited, ok := succession.ParseAnnouncement(m.Text); ok {
		l.waitlist.Add(token, waited, m.Received)
	} else if m.Text == askedToStepDown {
		l.hurry(l)
	}
}

// notifyFirst are the channels of the candidates to notify first of a vacancy. Who waits
// announces itself every half lease at least: two announcements may be missed.
func (l *leadership) notifyFirst() []string {
	tokens := l.waitlist.First(l.candidacy.timing.Lease*6/5, l.clock.Now())
	for i, token := range tokens {
		tokens[i] = l.candidacy.place.Waiter(token)
	}
	return tokens
}

func (l *leadership) report(ev Event) {
	ev.Term = l.term
	l.reporter.report(l.candidacy, ev)
}
