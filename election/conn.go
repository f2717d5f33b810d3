package election

import (
	"fmt"
	"log/slog"
	"sync"

	"example.com/incumbent/internal/seam"
)

// A Conn is what many electors of one process share: a few connections, one
// subscription and the one goroutine that beats for all of them. Make one with
// [Connect]; it is safe for concurrent use. It runs something only while one of
// its electors does.
type Conn struct {
	rdb   Redis
	clock seam.Clock
	log   *slog.Logger

	mu      sync.Mutex
	closed  bool
	users   int      // calls of electors that are under way
	ending  int      // sessions that stop
	session *session // of the users, or the last one
	names   map[string]*memory
}

// Connect returns a Conn over a Redis client; see [Redis] for which and how it is
// used. Nothing is sent before an elector runs. It does not block. A nil logger
// means slog.Default(); it gets what concerns no single election.
func Connect(rdb Redis, log *slog.Logger) (*Conn, error) {
	if err := checkRedis(rdb); err != nil {
		return nil, err
	}
	if log == nil {
		log = slog.Default()
	}
	c := &Conn{rdb: rdb, log: log, names: map[string]*memory{}, clock: seam.NewSystem()}
	if s, ok := rdb.(seam.Clocked); ok {
		c.clock = s.Clock()
	}
	if err := patience(rdb); err != nil {
		log.Warn("election: slow to stop", "reason", err)
	}
	return c, nil
}

// Elector returns a candidate for the election that cfg describes. It starts
// nothing and does not block; errors wrap [ErrConfig], or are [ErrClosed].
func (c *Conn) Elector(cfg Config) (*Elector, error) {
	cfg, timing, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, ErrClosed
	}
	e := &Elector{conn: c, cfg: cfg, timing: timing, place: cfg.place(database(c.rdb))}
	e.log = cfg.Logger.With("election", cfg.Name, "candidate", cfg.ID)
	e.memory = c.names[e.place.key]
	if e.memory == nil {
		e.memory = &memory{}
		c.names[e.place.key] = e.memory
	}
	if cfg.Lease < shortLease {
		e.log.Warn("election: a lease this short stands little delay: a busy machine may lose it", "lease", cfg.Lease)
	}
	return e, nil
}

// Close marks the Conn as closed: its electors can't be started any more. It
// returns [ErrRunning] while one of them runs; end their contexts first. The
// caller's Redis client stays open.
func (c *Conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.users+c.ending > 0 {
		return fmt.Errorf("%w: end the contexts of the %d calls under way first", ErrRunning, c.users+c.ending)
	}
	c.closed = true
	return nil
}

// join returns the running session, and starts it for the first caller.
func (c *Conn) join() (*session, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, ErrClosed
	}
	if c.users == 0 {
		c.session = startSession(c.rdb, c.clock, c.log, c.told())
	}
	c.users++
	return c.session, nil
}

// told returns a channel that is closed when all reports of the last session have
// been delivered.
func (c *Conn) told() <-chan struct{} {
	if c.session != nil {
		return c.session.reporter.done
	}
	told := make(chan struct{})
	close(told)
	return told
}

// leave ends what join began; the last one out stops the session and waits until
// it is gone.
func (c *Conn) leave(s *session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.users--; c.users > 0 {
		return
	}
	c.ending++
	c.mu.Unlock()
	s.stop()
	c.mu.Lock()
	c.ending--
}
