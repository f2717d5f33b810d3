package election

import (
	"sync"
	"sync/atomic"
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
)

// A hold is the part of a term before its work, because the election is paused. The leader
// beats, and its trust ends like any leader's. The work begins when the record says nothing
// of a pause any more: somebody resumed, or its time is over and a beat of the leader has
// removed it. The clock that counts is the server's, which a look shows.
type hold struct {
	stage   atomic.Int32  // one of those below
	changed atomic.Bool   // the pause is another than before
	wake    chan struct{} // 1-slot: the pause changed, or is over
	elected Event         // to be reported when the work may begin; set before the term is beaten for

	mu    sync.Mutex
	pause record.Pause // as the record has it

	skewed bool         // that was reported; owned by whoever waits
	over   record.Pause // a pause whose time has come: the next beat removes it; owned as the pulse is
}

// How a hold has ended, which is decided once.
const (
	holding   int32 = iota
	workMay         // the work may begin
	termEnded       // the term ended before
)

// newHold returns the hold of a term with that record; nil if its work begins at once.
func newHold(r record.Record) *hold {
	p := r.Pause()
	if !p.Paused {
		return nil
	}
	return &hold{wake: make(chan struct{}, 1), pause: p}
}

// end ends the hold in that way, and reports whether it had not ended before.
func (h *hold) end(how int32) bool { return h.stage.CompareAndSwap(holding, how) }

func (h *hold) present() record.Pause {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.pause
}

func (h *hold) set(p record.Pause) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.pause = p
}

// hasBegun reports whether the work of the term has begun, or may begin now.
func (l *leadership) hasBegun() bool { return l.hold == nil || l.hold.stage.Load() == workMay }

// nextBeat is the record that the next beat writes.
func (l *leadership) nextBeat() record.Record {
	if h := l.hold; h != nil && h.over.Paused && l.rec.Pause() == h.over {
		return l.rec.WithPause(record.Pause{}).Beaten()
	}
	return l.rec.Beaten()
}

// followPause takes in what the record says of a pause, after it has changed. Nobody pauses
// the record of a leader that works but by asking it to step down; should that happen all
// the same, since Redis went back, it is the same request.
func (l *leadership) followPause(now heartbeat.Instant) {
	p, h := l.rec.Pause(), l.hold
	switch {
	case l.hasBegun() && p.Paused:
		l.trust.end(ErrStepDown)
		l.checkTrust(now)
	case l.hasBegun() || l.rec.Status != record.Led || l.trust.ctx.Err() != nil:
	case p.Paused:
		l.stillPaused(p, now)
	case h.end(workMay):
		l.begun = now
		l.ctx.progress.set(now)
		l.report(Event{Kind: KindResumed})
		l.report(h.elected)
		wake(h.wake)
	}
}

// stillPaused has who waits look again if the pause is another, and has the next beat come
// at once if that is to remove it.
func (l *leadership) stillPaused(p record.Pause, now heartbeat.Instant) {
	h := l.hold
	if h.over == p {
		l.pulse.Hurry(now)
	}
	if h.present() != p {
		h.set(p)
		h.changed.Store(true)
		wake(h.wake)
	}
}

// reportEnd reports that the term has ended. Of a term whose work never began nobody was
// told that it began.
func (l *leadership) reportEnd(ev Event) {
	if h := l.hold; h != nil && (h.end(termEnded) || h.stage.Load() == termEnded) {
		ev.Kind = KindResumed
	}
	l.report(ev)
}

// awaitResume waits until the work of a term may begin. It returns false when the term has
// ended before: then nobody was told that it began.
func (s *session) awaitResume(l *leadership) bool {
	h, due := l.hold, s.clock.Now()
	for h.goesOn(l) {
		now := s.clock.Now()
		if left := due.Since(now); left > 0 && !h.changed.Swap(false) {
			s.pause(l.trust.ctx, left, h.wake)
			continue
		}
		next := s.watchPause(l)
		due = s.clock.Now().Add(next)
	}
	return l.hasBegun()
}

// goesOn ends the hold if the term has ended, and reports whether it goes on.
func (h *hold) goesOn(l *leadership) bool {
	if l.ctx.Err() != nil { // which looks at the clocks
		h.end(termEnded)
	}
	return h.stage.Load() == holding
}

// watchPause looks at the server's clock, and has the next beat remove the pause if it is
// over. It returns when to look again: when it should be over, and once a lease.
func (s *session) watchPause(l *leadership) time.Duration {
	c, h := l.candidacy, l.hold
	p := h.present()
	seen, err := s.look(l.trust.ctx, c, register.Note{})
	if err != nil {
		return c.timing.Retry()
	}
	clocks := clocks{seen.Server, seen.Received.Wall}
	switch {
	case p.Until == 0:
	case clocks.check() != nil:
		if !h.skewed {
			h.skewed = true
			l.report(Event{Kind: KindClockSkew, Skew: clocks.skew()})
		}
	case p.IsOver(seen.Server):
		s.beater.do(func() { s.beater.removePause(l, p) })
	default:
		return min(c.timing.Lease, max(p.End().Sub(seen.Server), time.Millisecond))
	}
	return c.timing.Lease
}
