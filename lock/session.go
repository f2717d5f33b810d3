package lock

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/space"
)

// A session is what a process has in a space while it holds something or waits: its beats keep
// all its locks, and its end ends all of them. A session whose trust has ended never comes
// back; the next call begins another.
type session struct {
	space *Space
	link  *link
	sid   string
	boxed any // sid
	first string
	pulse *heartbeat.Pulse // the keeper's, but for what any goroutine may ask

	ended     atomic.Bool // trust has
	graceOver atomic.Bool
	kick      chan struct{}
	done      chan struct{} // closed when it is gone

	// Under the lock of the space.
	made     bool // an answer has shown it
	n        int64
	calls    map[int64]*call // that hold or wait
	used     bool            // since the last beat was sent
	idleFrom time.Duration   // while there are none
	why      error           // set before ended
	lost     bool            // the session is not there any more: no more beats
	leaving  bool            // of the space: end it now

	chores chores
	beats  beats // the keeper's
	stop   func()
	tasks  sync.WaitGroup
}

// newSession begins one; nothing is sent, so now is before the first send, from which trust
// counts. The caller has the lock.
func (s *Space) newSession(l *link, now heartbeat.Instant, jitter float64) *session {
	t := &session{
		space: s, link: l, sid: record.NewNonce(), calls: map[int64]*call{},
		kick: make(chan struct{}, 1), done: make(chan struct{}),
	}
	t.boxed = t.sid
	t.first = space.Session{Lease: s.cfg.Lease, ID: s.cfg.ID}.String()
	t.pulse = heartbeat.NewPulse(s.timing, now, jitter)
	t.beats = beats{bytes: t.first}
	t.idleFrom = now.Mono
	t.chores = newChores(t, now)
	s.session = t
	s.past = append(s.past, t) // until it is gone
	s.running.Go(t.keep)
	s.running.Go(t.chores.run)
	return t
}

// usable is the session that a new call may begin under: one that has enough trust left. The
// caller has the lock.
func (s *Space) usable(l *link, now heartbeat.Instant, jitter float64) *session {
	t := s.session
	if t != nil && !t.ended.Load() && !t.leaving {
		left := t.pulse.Trust(now)
		if left > s.timing.Trust/2 || left > 0 && t.made && len(t.calls) > 0 {
			return t
		}
		if len(t.calls) == 0 {
			t.leaving = true // what it has left of trust is of no use
			t.hurry()
		}
	}
	return s.newSession(l, now, jitter)
}

// begins reports whether the next call begins under this session, if it is trusted. Two may live at
// once: when the first request of one had no answer for long, calls have begun under another.
func (s *Space) begins(t *session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.session == t
}

// hurry has the keeper look.
func (t *session) hurry() {
	select {
	case t.kick <- struct{}{}:
	default:
	}
}

// trusted reports whether the session's last confirmed beat is trusted. It ends the trust if
// that is over.
func (t *session) trusted() bool {
	if t.ended.Load() {
		return false
	}
	if t.pulse.Trust(t.space.clock.Now()) > 0 {
		return true
	}
	t.lose(ErrExpired, false)
	return false
}

// lose ends trust, and with it all work of the session. Gone says that the session is not
// there any more.
func (t *session) lose(why error, gone bool) {
	s := t.space
	s.mu.Lock()
	first := t.why == nil
	if first {
		t.why = why
		t.ended.Store(true)
		if s.session == t {
			s.session = nil
		}
	}
	t.lost = t.lost || gone
	calls := make([]*call, 0, len(t.calls))
	for _, c := range t.calls {
		calls = append(calls, c)
	}
	held, made := t.held(), t.made
	s.mu.Unlock()
	for _, c := range calls {
		c.lose()
	}
	if first && (made || gone) && (held > 0 || gone) {
		s.reports.report(Event{Kind: election.KindRevoked, Reason: election.ReasonOf(why), Err: why})
	}
	t.hurry()
}

// held is how many calls hold something. The caller has the lock.
func (t *session) held() int {
	held := 0
	for _, c := range t.calls {
		if c.state == holding {
			held++
		}
	}
	return held
}

// confirm notes that an answer has shown the session, and has it listen.
func (t *session) confirm() {
	s := t.space
	s.mu.Lock()
	was := t.made
	t.made = true
	s.mu.Unlock()
	if was {
		return
	}
	s.epoch.known(s.cfg.Lease)
	t.stop = t.link.source.Listen(s.place.Channel(t.sid), t.listener()) // and not with the lock, which a listener takes
	t.hurry()
}

// check is [Space.Check] for one session.
func (t *session) check() error {
	if t.trusted() {
		return nil
	}
	t.space.mu.Lock()
	defer t.space.mu.Unlock()
	for _, c := range t.calls {
		if c.works() {
			return fmt.Errorf("lock: %q: work of term %d still runs although its lock has gone (%w)", c.name, c.work.term, t.why)
		}
	}
	return nil
}

// sessions are all that are not gone.
func (s *Space) sessions() []*session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.unlockedSessions()
}

func (s *Space) unlockedSessions() []*session { return append([]*session(nil), s.past...) }
