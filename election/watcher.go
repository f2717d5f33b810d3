package election

import (
	"context"
	"errors"
	"sync"
	"time"

	"example.com/incumbent/heartbeat"
)

// A watcher follows an election's record: by looks, which are the truth, and by
// pushes, which make it fast. It is used by one goroutine at a time; what it has
// seen stays valid between uses, since bytes never repeat.
type watcher struct {
	elector *Elector
	session *session
	mail    *mailbox
	plain   bool // look without scripts, when those are not allowed
	spreads bool // may take over, and so waits a little longer than a lease

	judge  heartbeat.Judge
	now    sighting      // the last that the judge counted
	clocks clocks        // of the last look
	jitter float64       // of the time to the next look
	spread time.Duration // before a takeover, random
}

// clocks are the server's and our wall clock at the same look.
type clocks struct {
	server time.Time
	ours   time.Duration
}

// skew is how far the server's is ahead of ours.
func (c clocks) skew() time.Duration {
	return c.server.Sub(time.Unix(0, int64(c.ours)))
}

// newWatcher returns the watcher of a candidate, or of somebody who only wants
// to know.
func newWatcher(e *Elector, candidate bool) *watcher {
	return &watcher{elector: e, spreads: candidate}
}

// open begins to listen for pushes; the returned function ends that.
func (w *watcher) open(s *session) (stop func()) {
	w.session = s
	w.mail = &mailbox{wake: make(chan struct{}, 1), look: true}
	return s.hints.listen(w.elector.place.channel, &listener{hear: w.mail.put})
}

// refresh takes in what was pushed, and looks if that is due.
func (w *watcher) refresh(ctx context.Context) error {
	p, pushed, look := w.mail.take()
	switch {
	case pushed && !w.now.readable():
		look = true // a push begins nothing: there is no wait that it could prolong
	case pushed && w.judge.Pushed(p.rec.sign(p.bytes), p.received):
		w.track(p.sighting)
	}
	if look || w.untilLook() <= 0 {
		if err := w.look(ctx); err != nil {
			w.mail.lookAgain()
			return err
		}
	}
	return nil
}

// look asks for the record. An observer without the right to run scripts looks
// by plain commands.
func (w *watcher) look(ctx context.Context) error {
	ask := w.session.look
	if w.plain {
		ask = w.session.peek
	}
	s, err := ask(ctx, w.elector)
	if err != nil {
		return err
	}
	w.clocks = clocks{s.server, s.received.Wall}
	w.jitter = w.session.clock.Float64()
	w.saw(s)
	return nil
}

// saw takes in an answer, of a look or of a CAS.
func (w *watcher) saw(s sighting) {
	switch {
	case !s.readable():
		w.judge.LookedInVain(s.received)
		w.now = s
	case w.judge.Looked(s.rec.sign(s.bytes), s.sent, s.received):
		w.track(s)
	}
}

func (w *watcher) track(s sighting) {
	w.now = s
	if !w.spreads {
		return
	}
	roundTrip := max(0, s.received.Mono-s.sent.Mono)
	if s.sent == (heartbeat.Instant{}) {
		roundTrip = 0 // a push
	}
	limit := max(heartbeat.ForLease(s.rec.lease).Spread(), min(10*roundTrip, s.rec.lease/10))
	w.spread = time.Duration(w.session.clock.Float64() * float64(limit))
}

// timing is of the record that is tracked, or our own if there is none.
func (w *watcher) timing() heartbeat.Timing {
	if w.now.readable() {
		return heartbeat.ForLease(w.now.rec.lease)
	}
	return w.elector.timing
}

// untilLook is how long until the next look is due: half a lease after the last
// while pushes are heard, a beat when they are not, 10 % more or less.
func (w *watcher) untilLook() time.Duration {
	t, now := w.timing(), w.session.clock.Now()
	since := now.Mono - w.judge.LastLook().Mono
	every := func(d time.Duration) time.Duration {
		return time.Duration(float64(d)*(0.9+0.2*w.jitter)) - since
	}
	if left := w.judge.HeardFor(2*t.Beat, now); left > 0 {
		return min(every(t.Lease/2), left)
	}
	return every(t.Beat)
}

// silent reports whether the tracked record was waited for long enough, random
// delay included, and if not, for how much longer it must be.
func (w *watcher) silent() (bool, time.Duration) {
	_, left := w.judge.Silent(w.session.clock.Now())
	left += w.spread
	return left <= 0, left
}

// wait waits until there is something to do: a push, a look that is due, the end
// of a silence, or the end of d. It returns ctx's cause if that ends first.
func (w *watcher) wait(ctx context.Context, d time.Duration) error {
	d = min(d, w.untilLook())
	if w.now.readable() && w.now.rec.status != vacant {
		if silent, left := w.silent(); !silent {
			d = min(d, left)
		}
	}
	return w.session.pause(ctx, d, w.mail.wake)
}

// leader is who holds the office as far as can be told: nobody, when the record
// has been silent for its lease.
func (w *watcher) leader() Leader {
	if !w.now.readable() {
		return Leader{}
	}
	if silent, _ := w.judge.Silent(w.session.clock.Now()); silent {
		return Leader{}
	}
	return w.now.rec.leader()
}

// mayPeek reports whether an error calls for plain looks, and switches to them.
func (w *watcher) mayPeek(err error) bool {
	if w.plain || !errors.Is(err, ErrDenied) && !errors.Is(err, ErrUnfit) {
		return false
	}
	w.plain = true
	return true
}

// A mailbox keeps the latest push for a watcher and wakes it.
type mailbox struct {
	wake chan struct{}

	mu   sync.Mutex
	best push
	full bool
	look bool
}

// put keeps p if it is later than what is kept: only the latest counts.
func (m *mailbox) put(p push) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case p.subscribed:
		m.look = true
	case !m.full || p.rec.term > m.best.rec.term || p.rec.term == m.best.rec.term && p.rec.beat > m.best.rec.beat:
		m.best, m.full = p, true
	default:
		return
	}
	wake(m.wake)
}

func (m *mailbox) take() (p push, pushed, look bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, pushed, look = m.best, m.full, m.look
	m.best, m.full, m.look = push{}, false, false
	return p, pushed, look
}

func (m *mailbox) lookAgain() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.look = true
}
