package election

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/pubsub"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/seam"
	"example.com/incumbent/internal/succession"
)

// A tenure is one term of this process, from the grant to the release. It is
// stepped by the beater's goroutine, which owns every field except those that
// say otherwise; nothing in it blocks.
type tenure struct {
	candidacy *candidacy
	clock     seam.Clock
	reporter  *reporter
	target    *register.Target // for errors
	hurry     func(t *tenure)  // has it beat now
	term      Term
	owner     record.Grant

	ctx       *workContext    // the work's: immutable, safe for concurrent use
	inner     context.Context // the same without the clock check
	cancel    context.CancelCauseFunc
	anchor    atomic.Pointer[heartbeat.Instant] // the pulse's, for the clock check
	over      atomic.Bool                       // trust has ended: never to return
	timer     trustTimer                        // ends trust without anybody's help
	callbacks sync.WaitGroup                    // calls of OnOverrun

	pulse    heartbeat.Pulse
	rec      record.Record // as last confirmed
	bytes    string
	pending  *attempt      // bytes on the way: frozen until they are confirmed or superseded
	gone     bool          // the record is lost: no more beats
	leeway   time.Duration // before an overrun is told
	deaf     bool          // a hint could not be published: told once
	stopping *heartbeat.Instant
	begun    heartbeat.Instant
	drained  time.Duration // from the end of the context to the return of the work
	overran  overrun
	failing  bool // the last attempt failed: told once
	index    int  // in the beater's heap

	waitlist succession.Waitlist // safe for concurrent use
}

// attempt is a beat on the way. The swap and the instant of its first send stay
// the same however often it is sent.
type attempt struct {
	swap     register.Swap // from the bytes as last confirmed
	first    heartbeat.Instant
	begun    heartbeat.Instant // this send
	inFlight bool
	number   int // of this send
}

// overrun notes what was reported.
type overrun struct{ held, late bool }

// ended is the cause of a term's end: which term, and why.
type ended struct {
	tenure *tenure
	why    error
}

func (e *ended) Error() string {
	return fmt.Sprintf("%v (election %q, term %d)", e.why, e.tenure.candidacy.cfg.Name, e.tenure.term)
}

func (e *ended) Unwrap() error { return e.why }

func (t *tenure) end(why error) { t.cancel(&ended{t, why}) }

// expire ends the work's context if trust is over by either clock. Any goroutine
// may call it; it is what makes a term end although nothing else works.
func (t *tenure) expire() {
	if t.inner.Err() == nil && t.trustLeft() <= 0 {
		t.end(ErrExpired)
	}
}

func (t *tenure) trustLeft() time.Duration {
	return t.candidacy.timing.Trust - heartbeat.Elapsed(*t.anchor.Load(), t.clock.Now())
}

// watchTrust arms the timer that ends trust, and arms it again while beats are
// confirmed.
func (t *tenure) watchTrust() { t.timer.arm(t.clock.Timer(t.trustLeft()), t.lookAtTrust) }

func (t *tenure) lookAtTrust() {
	t.expire()
	if t.inner.Err() == nil {
		t.watchTrust()
	}
}

// A trustTimer can be armed until it is stopped, and never again after that.
type trustTimer struct {
	mu      sync.Mutex
	timer   *time.Timer
	stopped bool
}

func (t *trustTimer) arm(d time.Duration, look func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.stopped {
		t.timer = time.AfterFunc(d, look)
	}
}

func (t *trustTimer) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stopped = true
	if t.timer != nil {
		t.timer.Stop()
	}
}

// wake is when the beater must step this tenure next, as of now.
func (t *tenure) wake(now heartbeat.Instant) heartbeat.Instant {
	next := now.Add(t.candidacy.timing.Lease)
	earlier := func(d time.Duration) { next.Mono = min(next.Mono, now.Mono+max(0, d)) }
	if !t.gone {
		earlier(t.nextSend().Mono - now.Mono)
	}
	if left := t.pulse.Trust(now); left > 0 {
		earlier(left)
	}
	if !t.overran.late {
		earlier(t.pulse.Grace(now) + t.leeway)
	}
	if t.stopping != nil && !t.overran.held && t.pulse.Trust(now) > 0 {
		earlier(t.candidacy.cfg.Grace - (now.Mono - t.stopping.Mono))
	}
	return next
}

// nextSend is when an attempt is due, or when the one on the way is given up.
func (t *tenure) nextSend() heartbeat.Instant {
	if t.pending != nil && t.pending.inFlight {
		return t.pending.begun.Add(t.candidacy.timing.Attempt)
	}
	return t.pulse.Next()
}

// early is by how much a beat may come before its time to share a packet with
// others.
func (t *tenure) early() time.Duration { return min(t.candidacy.timing.Beat/50, 10*time.Millisecond) }

// step looks at the clocks first, then reports what is late, then says what to
// send, if anything. What is due within early is due.
func (t *tenure) step(early time.Duration) (register.Request, int, bool) {
	now := t.clock.Now()
	t.checkTrust(now)
	t.checkOverrun(now)
	if t.gone {
		return register.Request{}, 0, false
	}
	if p := t.pending; p != nil && p.inFlight && now.Mono-p.begun.Mono >= t.candidacy.timing.Attempt {
		t.failed(t.target.Silent(t.candidacy.timing.Attempt))
	}
	if t.pending != nil && t.pending.inFlight || !t.pulse.Due(now.Add(early)) {
		return register.Request{}, 0, false
	}
	return t.send(now), t.pending.number, true
}

// send begins an attempt: the bytes on the way if there are some, else new ones.
func (t *tenure) send(now heartbeat.Instant) register.Request {
	if t.pending == nil {
		next := t.rec.Next(t.rec.Status)
		t.pending = &attempt{swap: register.Swap{Expect: register.Contents{Present: true, Bytes: t.bytes}, Next: next.String(), Rec: next}, first: now}
	}
	p := t.pending
	p.begun, p.inFlight, p.number = now, true, p.number+1
	return register.Request{Place: t.candidacy.place, Swap: &p.swap}
}

func (t *tenure) checkTrust(now heartbeat.Instant) {
	if t.stopping == nil && t.inner.Err() != nil {
		t.stopping = &now
		cause := context.Cause(t.inner)
		if t.isOurs(cause) && ReasonOf(cause) == ReasonExpired {
			t.pulse.End(now, false)
		}
		t.report(Event{Kind: KindRevoked, Reason: t.reason(cause), Err: cause, Lasted: now.Mono - t.begun.Mono})
	}
	if t.pulse.Expire(now) {
		t.over.Store(true)
		t.end(ErrExpired)
	}
}

// reason names a cause, so that what an outer election gave as the cause of our
// caller's context counts as the caller's.
func (t *tenure) reason(cause error) Reason {
	if t.isOurs(cause) {
		return ReasonOf(cause)
	}
	return ReasonCaller
}

func (t *tenure) isOurs(cause error) bool {
	e, ok := errors.AsType[*ended](cause)
	return ok && e.tenure == t
}

// checkOverrun reports work that outlives its grace: after a loss, when another
// may lead already, and once in a voluntary stop that takes long.
func (t *tenure) checkOverrun(now heartbeat.Instant) {
	if left := t.pulse.Grace(now); left+t.leeway <= 0 && !t.overran.late {
		t.overran.late = true
		t.tellOverrun(Overrun{Overdue: -left})
	}
	if t.stopping == nil || t.overran.held || t.overran.late {
		return
	}
	if late := now.Mono - t.stopping.Mono - t.candidacy.cfg.Grace; late >= 0 && t.pulse.Trust(now) > 0 {
		t.overran.held = true
		t.tellOverrun(Overrun{Overdue: late, Held: true})
	}
}

// tellOverrun calls the user on a goroutine of its own: it may block, or exit.
func (t *tenure) tellOverrun(o Overrun) {
	o.Name, o.Term, o.Cause = t.candidacy.cfg.Name, t.term, context.Cause(t.inner)
	t.report(Event{Kind: KindOverrun, Overdue: o.Overdue, Held: o.Held, Err: o.Cause})
	if t.candidacy.cfg.OnOverrun != nil {
		t.callbacks.Go(func() { t.candidacy.cfg.OnOverrun(o) })
	}
}

// askedToStepDown is the note that follows a request to step down. It is not
// believed: it makes the next beat come at once, whose answer is.
const askedToStepDown = "steps down"

// hear takes in what is meant for the leader: who waits, and that it is asked to
// step down.
func (t *tenure) hear(m pubsub.Message) {
	if token, waited, ok := succession.ParseAnnouncement(m.Text); ok {
		t.waitlist.Add(token, waited, m.Received)
	} else if m.Text == askedToStepDown {
		t.hurry(t)
	}
}

// heirs are the channels of those to be told first of a vacancy. Who waits
// announces itself every half lease at least: two announcements may be missed.
func (t *tenure) heirs() []string {
	tokens := t.waitlist.First(t.candidacy.timing.Lease*6/5, t.clock.Now())
	for i, token := range tokens {
		tokens[i] = t.candidacy.place.Waiter(token)
	}
	return tokens
}

func (t *tenure) report(ev Event) {
	ev.Term = t.term
	t.reporter.report(t.candidacy, ev)
}
