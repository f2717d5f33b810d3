package election

import (
	"cmp"
	"fmt"
	"log/slog"
	"sync"

	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/seam"
)

// A Conn is what many electors of one process share: a few connections, one
// subscription and the one goroutine that beats for all of them. Make one with
// [Connect]; it is safe for concurrent use. It runs something only while one of
// its electors does, or after [Conn.Start].
type Conn struct {
	rdb      Redis
	clock    seam.Clock
	log      *slog.Logger
	reporter *reporter

	defaults    Config       // for what an elector's config leaves zero
	closeClient func() error // of a client of our own; nil if there is none

	mu      sync.Mutex
	closed  bool
	started bool     // Start is one of the users
	users   int      // calls of electors that are under way, and Start
	ending  int      // sessions that stop
	session *session // of the users; nil without

	names names // with a lock of its own
}

// Connect returns a Conn over one Redis: a server, a Sentinel failover client or a
// cluster; see [Redis] for which clients and how they are used. A field of defaults
// holds for each elector of the Conn that leaves that field zero. Name must be empty.
// The Logger gets what concerns no single election, too; nil means slog.Default().
//
// It sends nothing and does not block. Errors wrap [ErrConfig].
func Connect(rdb Redis, defaults Config) (*Conn, error) {
	if err := defaults.checkDefaults(); err != nil {
		return nil, err
	}
	if err := checkRedis(rdb); err != nil {
		return nil, err
	}
	log := cmp.Or(defaults.Logger, slog.Default())
	c := &Conn{rdb: rdb, log: log, defaults: defaults, clock: seam.NewSystem(), reporter: newReporter()}
	if s, ok := rdb.(seam.Clocked); ok {
		c.clock = s.Clock()
	}
	if err := register.Patience(rdb); err != nil {
		log.Warn("election: slow to stop", "reason", err)
	}
	return c, nil
}

// Elector returns a candidate for the election that cfg describes. It starts
// nothing and does not block; errors wrap [ErrConfig], or are [ErrClosed].
func (c *Conn) Elector(cfg Config) (*Elector, error) {
	cfg, timing, err := cfg.over(c.defaults).complete()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, ErrClosed
	}
	e := &Elector{conn: c, legacy: &legacy{}, candidacy: &candidacy{cfg: cfg, timing: timing, rdb: c.rdb, clock: c.clock}}
	e.place = register.NewPlace(cfg.Prefix, cfg.Name, register.Database(c.rdb))
	e.log = cfg.Logger.With("election", cfg.Name, "candidate", cfg.ID)
	e.names = &c.names
	c.names.of(e.place.Key, c.clock.Now()) // which is known from now on
	e.door = register.NewDoor(e.visit)
	if cfg.Lease < shortLease {
		e.log.Warn("election: a lease this short stands little delay: a busy machine may lose it", "lease", cfg.Lease)
	}
	return e, nil
}

// Start keeps the connections and the goroutines of the Conn until Close, so that no
// later call has to connect first: for a process that asks or leads shortly and often.
// It connects in the background, does not block, and a second call does nothing. It
// returns [ErrClosed] after Close.
func (c *Conn) Start() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.started || c.closed {
		return c.closedErr()
	}
	c.started = true
	c.enter().warmer.Connect()
	return nil
}

func (c *Conn) closedErr() error {
	if c.closed {
		return ErrClosed
	}
	return nil
}

// Close has later calls return [ErrClosed]. While calls of the electors are under way it
// returns [ErrRunning]: end their contexts, and call it again. Otherwise it ends what
// Start keeps, and waits for that. The caller's Redis client stays open; one that
// [ConnectURL] made is closed. A call after one that returned nil does nothing.
func (c *Conn) Close() error {
	c.mu.Lock()
	c.closed = true // else whoever keeps asking could hold it up for ever
	calls := c.users + c.ending
	if c.started {
		calls--
	}
	if calls > 0 {
		c.mu.Unlock()
		return fmt.Errorf("%w: end the contexts of the %d calls under way, then close again", ErrRunning, calls)
	}
	s, started := c.session, c.started
	c.started = false
	c.mu.Unlock()
	if started {
		c.leave(s)
	}
	return c.closeOwn()
}

// join returns the running session, and starts it for the first caller.
func (c *Conn) join() (*session, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, ErrClosed
	}
	return c.enter(), nil
}

// enter adds a user. The caller has the lock.
func (c *Conn) enter() *session {
	if c.users == 0 {
		c.session = startSession(c.rdb, c.clock, c.log, c.reporter, c.names.find)
	}
	c.users++
	return c.session
}

// leave ends what join began; the last one out stops the session and waits until
// it is gone.
func (c *Conn) leave(s *session) {
	if !c.lastOut() {
		return
	}
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.ending--
	}()
	s.stop()
}

func (c *Conn) lastOut() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.users--; c.users > 0 {
		return false
	}
	c.session = nil
	c.ending++
	return true
}
