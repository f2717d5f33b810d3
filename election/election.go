package election

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
)

// An Elector is one candidate of one election, and the way to observe and steer that
// election from any process. Make it with [New] or [Conn.Elector]. It is safe for
// concurrent use; it leads or campaigns only once at a time.
type Elector struct {
	*candidacy
	door // for packages of this module

	conn       *Conn
	running    atomic.Bool
	leadership atomic.Pointer[leadership] // while the work runs

	// Owned by whoever set running.
	legacy *legacy
	watch  *watcher
}

// door keeps the method that packages of this module call out of the documentation.
type door = register.Door

// visit is what the door opens to.
func (e *Elector) visit() (h register.Holder, leave func(), err error) {
	s, err := e.join()
	if err != nil {
		return register.Holder{}, nil, err
	}
	return s.holder(e.candidacy, record.Grant{}), func() { e.leave(s) }, nil
}

// New returns a candidate for the election that cfg describes, with a [Conn] of
// its own: the simple case of one election in a process. It starts nothing and
// does not block; errors wrap [ErrConfig].
func New(rdb Redis, cfg Config) (*Elector, error) {
	c, err := Connect(rdb, Config{Logger: cfg.Logger})
	if err != nil {
		return nil, err
	}
	return c.Elector(cfg)
}

// Name returns the election's name.
func (e *Elector) Name() string { return e.cfg.Name }

// ID returns this candidate's label.
func (e *Elector) ID() string { return e.cfg.ID }

// Timing returns the durations that this candidate leads by.
func (e *Elector) Timing() heartbeat.Timing { return e.timing }

// StopBudget is how long it may take from the end of Lead's context to its return
// if the work needs its whole grace and Redis does not answer: the grace, the
// release, and an attempt that is under way. A client that is used as it is (see
// [Redis]) adds 3 s: a connection that it is making cannot be ended sooner. Without
// ContextTimeoutEnabled such a client may take longer, as long as its own time-outs and
// retries; that is not in the budget.
func (e *Elector) StopBudget() time.Duration {
	return e.cfg.Grace + e.cfg.ReleaseTimeout + e.timing.Attempt + lastConnection(e.rdb)
}

// Logger returns the config's logger with the election and this candidate in it.
func (e *Elector) Logger() *slog.Logger { return e.log }

// join begins a call, leave ends it.
func (e *Elector) join() (*session, error) {
	s, err := e.conn.join()
	if err == nil {
		now := e.clock.Now()
		e.names.of(e.place.Key, now).use(now, 1)
	}
	return s, err
}

func (e *Elector) leave(s *session) {
	e.memory().use(e.clock.Now(), -1)
	e.conn.leave(s)
}

// IsLeader reports whether this elector leads now. It reads the clock and asks
// nobody: false from the moment the work's context has ended, and in a pause. Work that must
// know checks its own context instead.
func (e *Elector) IsLeader() bool {
	t := e.leadership.Load()
	return t != nil && t.ctx.Err() == nil
}

// Remaining returns how much trust is left: how long this elector may still lead if no
// further beat is confirmed. It is 0 while [Elector.IsLeader] is false. It reads the
// clock and asks nobody.
func (e *Elector) Remaining() time.Duration {
	t := e.leadership.Load()
	if t == nil || t.ctx.Err() != nil {
		return 0
	}
	return max(0, t.trust.left())
}

// Check is a liveness check. It fails only while work of this elector still runs
// although its trust has ended, or it has stalled; a standby is healthy, and so is a process that cannot
// reach Redis. The error wraps the cause of the end. Readiness must not depend on leadership at all.
func (e *Elector) Check() error {
	t := e.leadership.Load()
	if t == nil || t.ctx.Err() == nil {
		return nil
	}
	// Whoever reads a clock may have stood still: the work may have returned meanwhile.
	if t.trust.left() <= 0 && e.leadership.Load() == t {
		return fmt.Errorf("election: %q: work of term %d still runs although its trust has ended (%w)", e.cfg.Name, t.term, context.Cause(t.ctx))
	}
	return nil
}

// Leader looks once and returns who leads by the record, or nobody.
// One look cannot know whether that leader is still alive: see
// [Elector.Observe]. Errors are those of [Elector.Observe], and [ErrNoElection] if
// there is no record at all.
//
// It blocks for one attempt at most, or until ctx ends, after its turn has come when many
// ask at once. If no other call of the [Conn] is under way, it also waits until its own
// request has ended. Over a client without ContextTimeoutEnabled, which is used as it is,
// that may take as long as the client's own time-outs and retries: 5 s and more by default.
//
// While nothing else of the [Conn] runs, each call connects to Redis and disconnects. Who
// asks often calls [Conn.Start] first, or keeps what Observe yields.
func (e *Elector) Leader(ctx context.Context) (Leader, error) {
	s, err := e.join()
	if err != nil {
		return Leader{}, err
	}
	defer e.leave(s)
	seen, err := s.ask(ctx, e.candidacy, register.Request{Place: e.place, Leaves: true})
	if mayPeek(err) {
		seen, err = s.peek(ctx, e.candidacy)
	}
	switch {
	case err != nil:
		return Leader{}, err
	case !seen.Present:
		return Leader{}, e.absent()
	case seen.Foreign != nil:
		return Leader{}, e.foreign(seen)
	}
	return leaderOf(seen.Rec), nil
}

// leaderOf is the record as a user sees it. If nobody holds it, all that is left is whether
// the election is paused.
func leaderOf(r record.Record) Leader {
	l := nobody(r.Pause())
	if r.Held() {
		l.ID, l.Term, l.Meta, l.Lease, l.Draining = r.Holder, Term(r.Term), r.Meta, r.Lease, r.Status == record.Draining
	}
	return l
}

// nobody leads, in that pause.
func nobody(p record.Pause) Leader {
	return Leader{Paused: p.Paused, PausedUntil: p.End(), PauseReason: p.Reason}
}
