package lock

import (
	"context"
	"sync"
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/pubsub"
	"example.com/incumbent/internal/space"
)

// chores is what a session does besides, on a goroutine of its own: it releases what calls
// could not, and what nobody here knows of; and once a lease it looks at a piece of the space
// for what the dead have left.
type chores struct {
	session *session
	kick    chan struct{}

	mu     sync.Mutex
	queued []chore

	cursor string // the goroutine's
	next   time.Duration
}

// A chore is a release that is sent until it is answered.
type chore struct {
	call space.Call
	once *onceRequest
}

const (
	cleanupFields = 64
	cleanupPause  = 20 * time.Millisecond // times the sessions that were met, at least
)

func newChores(t *session, now heartbeat.Instant) chores {
	return chores{session: t, kick: make(chan struct{}, 1), cursor: "0", next: now.Mono + t.space.cfg.Lease}
}

// release has a call released until that is answered.
func (h *chores) release(c space.Call, once *onceRequest) {
	h.mu.Lock()
	h.queued = append(h.queued, chore{c, once})
	h.mu.Unlock()
	nudge(h.kick)
}

// doubt has a seat released that is in the name of this session, if no call here knows of it:
// a late copy of a request took it.
func (h *chores) doubt(name string, n int64) {
	t := h.session
	t.space.mu.Lock()
	_, known := t.calls[n]
	t.space.mu.Unlock()
	if known {
		return
	}
	c := space.Call{Name: name, SID: t.boxed, N: n, Limit: space.MaxSeats}
	h.release(c, onceOf(name))
}

// run works until the session is gone.
func (h *chores) run() {
	s := h.session.space
	for {
		pause := max(h.next-s.clock.Now().Mono, 0)
		if h.busy() {
			pause = min(pause, s.timing.Retry())
		}
		timer := time.NewTimer(s.clock.Timer(pause))
		select {
		case <-h.session.done:
			timer.Stop()
			return
		case <-h.kick:
			timer.Stop()
		case <-timer.C:
		}
		h.releases()
		if s.clock.Now().Mono >= h.next {
			h.cleanup()
		}
	}
}

func (h *chores) busy() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.queued) > 0
}

// releases sends what is queued, and keeps what had no answer.
func (h *chores) releases() {
	h.mu.Lock()
	queued := h.queued
	h.mu.Unlock()
	sent := 0
	for _, c := range queued {
		if release(h.session.link.beating, c.call, c.once) != nil {
			break
		}
		sent++
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.queued = h.queued[sent:]; len(h.queued) == 0 {
		h.queued = nil
	}
}

// release sends a release once.
func release(store *space.Store, c space.Call, once *onceRequest) error {
	var err error
	if once != nil {
		_, err = store.Finish(context.Background(), c, once.key, "", once.retain())
	} else {
		_, err = store.Release(context.Background(), c)
	}
	return err
}

// cleanup does a step: sessions that it meets are judged, and seats of this session that
// nobody knows of are released.
func (h *chores) cleanup() {
	t := h.session
	s := t.space
	step, err := t.link.beating.Cleanup(context.Background(), h.cursor, cleanupFields, t.sid)
	h.next = s.clock.Now().Mono + max(s.cfg.Lease, time.Duration(len(step.Sessions))*cleanupPause)
	if err != nil {
		return
	}
	h.cursor = step.Cursor
	if e, err := space.ParseEpoch(step.Epoch); err == nil {
		s.epoch.known(e.Lease)
	}
	for _, own := range step.Own {
		h.doubt(own.Name, own.N)
	}
	for sid, bytes := range step.Sessions {
		if is, err := space.ParseSession(bytes); err == nil && sid != t.sid {
			s.judgeOne(context.Background(), t.link.beating, sid, bytes, is, space.Answer{Sent: step.Sent, Received: step.Received})
		}
	}
}

// listener takes in what is published to the session. It does not block.
func (t *session) listener() *pubsub.Listener {
	return &pubsub.Listener{Hear: func(m pubsub.Message) {
		if m.Subscribed {
			t.wakeAll("")
			return
		}
		switch line := space.ParseLine(m.Text); line.Kind {
		case space.Granted:
			t.onGrant(line)
		case space.Asked:
			t.chores.doubt(line.Name, line.N)
			t.space.lookWhoAsks(line.Name)
		case space.Ready:
			t.wakeAll(space.OnceLock(line.Name))
		case space.Changed:
			t.space.lookAt(space.Set(line.Name))
		}
	}}
}

// onGrant takes in that a call was granted a seat. If nobody wants it any more, it is released.
func (t *session) onGrant(line space.Line) {
	t.space.mu.Lock()
	c := t.calls[line.N]
	known := c != nil && c.name == line.Name
	if known && c.state == asking {
		c.granted = &line
		c.rouse()
	}
	t.space.mu.Unlock()
	if !known {
		t.chores.doubt(line.Name, line.N)
	}
}

// wakeAll has calls ask again: those for a name, or all.
func (t *session) wakeAll(name string) {
	t.space.mu.Lock()
	defer t.space.mu.Unlock()
	for _, c := range t.calls {
		if c.state == asking && (name == "" || c.name == name) {
			c.rouse()
		}
	}
}
