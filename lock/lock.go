package lock

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/seam"
	"example.com/incumbent/internal/space"
)

// The same types as in package election, which a user of locks need not import.
type (
	// Term is the fencing token of a lock: it only rises within a space.
	Term = election.Term
	// Work is what is done while a lock is held.
	Work = election.Work
	// Event is for Config.Observer.
	Event = election.Event
	// Overrun is for Config.OnOverrun.
	Overrun = election.Overrun
)

// A Space is a set of locks. Make one for each process with Open. It is safe for
// concurrent use.
type Space struct {
	cfg    Config
	timing heartbeat.Timing
	place  space.Place
	rdb    election.Redis
	clock  seam.Clock
	log    *slog.Logger

	reports *reporter
	epoch   *epoch
	judges  *judges

	mu      sync.Mutex
	closed  bool
	users   int              // calls under way
	link    *link            // made by the first call
	session *session         // that calls begin under; nil: the next one makes it
	past    []*session       // that are over, but not gone
	lines   map[string]*line // of names that are asked for
	idle    *line            // to be used again
	spreads map[space.Set]*spread
	running sync.WaitGroup // goroutines of sessions
}

// Open returns a space over a *redis.Client, also with Sentinel, or a
// *redis.ClusterClient. It sends nothing and does not block; connections are made at the
// first call and kept until Close. Errors wrap [ErrConfig].
func Open(rdb election.Redis, cfg Config) (*Space, error) {
	cfg, timing, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	if why := register.Unusable(rdb); why != "" {
		return nil, fmt.Errorf("%w: %s", ErrConfig, why)
	}
	s := &Space{
		cfg: cfg, timing: timing, rdb: rdb, clock: seam.NewSystem(), lines: map[string]*line{},
		place: space.NewPlace(cfg.Prefix, cfg.Name, register.Database(rdb)),
		log:   cfg.Logger.With("space", cfg.Name, "process", cfg.ID),
	}
	if c, ok := rdb.(seam.Clocked); ok {
		s.clock = c.Clock()
	}
	s.reports = newReporter(s)
	s.epoch = newEpoch(s)
	s.judges = newJudges()
	if err := register.Patience(rdb); err != nil {
		s.log.Warn("lock: slow to stop", "reason", err)
	}
	return s, nil
}

// forever is for calls that wait until their context ends.
const forever time.Duration = -1

// Do runs work while it holds name, 1 to 128 characters of A-Z a-z 0-9 . _ : / - @. It waits
// for the lock until ctx ends, first come, first served; ctx bounds the work, too. It returns
// the work's error as it is, joined with [ErrLost] or [ErrExpired] if the lock went. If ctx
// ends while waiting: an [Error] that wraps [ErrHeld] and the cause of ctx. If Redis gives no
// usable answer until then, it wraps [ErrUnavailable] instead.
//
// The work runs on the calling goroutine; a panic in it frees the lock and is not recovered.
// With a ctx that works for this name already, the work runs at once, with the same term.
func (s *Space) Do(ctx context.Context, name string, work Work) error {
	return s.do(ctx, request{name: name, limit: 1, wait: forever}, work)
}

// Try is Do that waits for the lock for at most wait, and then returns an [Error] that
// wraps [ErrHeld]; 0 is not at all. Wait does not bound the work. It never overtakes a
// call that waits.
func (s *Space) Try(ctx context.Context, name string, wait time.Duration, work Work) error {
	return s.do(ctx, request{name: name, limit: 1, wait: max(0, wait)}, work)
}

// Hold is Try for code that cannot be one function, such as a Lock and an Unlock that an
// interface asks for. The context ends as that of work does; release ends it, gives the
// lock up, and returns [ErrLost] or [ErrExpired] if it went before. Prefer Do: a lock whose
// release is forgotten is held until the process ends.
func (s *Space) Hold(ctx context.Context, name string, wait time.Duration) (held context.Context, release func() error, err error) {
	q := request{name: name, limit: 1, wait: max(0, wait)}
	if err := s.checkName(name); err != nil {
		return nil, nil, err
	}
	if w := s.inside(ctx, name); w != nil {
		return holdInside(ctx, w)
	}
	c, err := s.take(ctx, q)
	if err != nil {
		return nil, nil, err
	}
	return &c.work, sync.OnceValue(func() error { return c.finish(nil) }), nil
}

// do is all of a call.
func (s *Space) do(ctx context.Context, q request, work Work) error {
	if err := s.checkName(q.name); err != nil {
		return err
	}
	if work == nil {
		return fmt.Errorf("%w: lock %q: the work is nil", ErrConfig, q.name)
	}
	if w := s.inside(ctx, q.name); w != nil {
		return runInside(ctx, w, work)
	}
	c, err := s.take(ctx, q)
	if err != nil {
		return err
	}
	return c.run(work)
}

// Holders returns who holds name, nobody if empty; one for each seat. It is for
// people: it may be over when it arrives. For a set of [Space.Spread] it takes "+set", which all
// its processes hold, and "+set+name". It blocks for an attempt at most, a tenth of the
// lease. Errors are those of the server.
func (s *Space) Holders(ctx context.Context, name string) ([]Holder, error) {
	if err := s.checkName(name); err != nil && !space.IsSetLock(name) {
		return nil, err
	}
	l, err := s.join()
	if err != nil {
		return nil, err
	}
	defer s.leave()
	seats, err := l.store.Holders(ctx, name)
	return holdersOf(seats), s.explain(err)
}

// holdersOf are seats as users see them.
func holdersOf(seats []space.Seat) []Holder {
	if len(seats) == 0 {
		return nil
	}
	holders := make([]Holder, len(seats))
	for i, is := range seats {
		holders[i] = Holder{ID: is.Session.ID, Term: Term(is.Holder.Term), Since: is.Holder.Since(), Seat: is.Seat}
	}
	return holders
}

// Check is a liveness check. It fails only while work still runs although its lock has
// gone; the error wraps the cause. It asks nobody and does not block.
func (s *Space) Check() error {
	for _, t := range s.sessions() {
		if err := t.check(); err != nil {
			return err
		}
	}
	return nil
}

// Close ends the connections and refuses later calls. It returns [ErrRunning] while
// something is held or waited for: end that, and close again. The caller's Redis client stays
// open. It blocks until its requests under way have ended, a few attempts at most.
func (s *Space) Close() error {
	s.mu.Lock()
	s.closed = true // else whoever keeps asking could hold it up for ever
	if s.users > 0 {
		defer s.mu.Unlock()
		return fmt.Errorf("%w: space %q: end the %d calls that hold a lock or wait for one, then close again", ErrRunning, s.cfg.Name, s.users)
	}
	l, open := s.link, s.unlockedSessions()
	s.link = nil
	s.mu.Unlock()
	for _, t := range open {
		t.close()
	}
	s.running.Wait()
	if l != nil {
		l.stop()
	}
	s.reports.flush()
	return nil
}

// same reports whether both are one space: the same key on the same Redis.
func (s *Space) same(o *Space) bool {
	return s == o || s.place == o.place && register.SameRedis(s.rdb, o.rdb)
}
