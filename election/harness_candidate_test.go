package election

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/clocktest"
	"example.com/incumbent/internal/link"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/seam"
)

// candidate is one process.
type candidate struct {
	*Elector
	w           *world
	link        *link.Link // for commands
	pushes      *link.Link // for the subscription
	clock       *clocktest.Clock
	cfg         Config
	rdb         Redis
	client      *redis.Client // of the application
	plain       bool          // the client is used as go-redis makes it
	direct      bool          // the client is handed over without a clock
	single      bool          // it makes single attempts
	readTimeout time.Duration // of a plain client, if not the default

	mu     sync.Mutex
	events []Event
	over   []Overrun
}

// an option changes a candidate before it is made.
type option func(*candidate)

func quarantine(c *candidate) { c.cfg.Bootstrap = BootstrapQuarantine }

func once(c *candidate) { c.single = true }

func plain(c *candidate) { c.plain = true }

func slowReads(c *candidate) { c.plain, c.readTimeout = true, 20*time.Second }

func deaf(c *candidate) { c.pushes.Swallow() }

// unwrapped hands over the application's client as it is: the session makes a
// client of its own of it, and the clock is the system's.
func unwrapped(c *candidate) { c.direct = true }

func lease(d time.Duration) option { return func(c *candidate) { c.cfg.Lease = d } }

func rate(r float64) option { return func(c *candidate) { c.clock.Rate = r } }

func latency(d time.Duration) option { return func(c *candidate) { c.setLatency(d) } }

func seeded(seed uint64) option { return func(c *candidate) { c.clock.Seed(seed) } }

func configured(f func(*Config)) option { return func(c *candidate) { f(&c.cfg) } }

func logging(h slog.Handler) option { return func(c *candidate) { c.cfg.Logger = slog.New(h) } }

func observing(f func(Event)) option { return func(c *candidate) { c.cfg.Observer = f } }

func chance(f func() float64) option { return func(c *candidate) { c.clock.Chance = f } }

func coolDown(d time.Duration) option { return func(c *candidate) { c.cfg.CoolDown = d } }

// varied gives each candidate a chance of its own.
func varied(seed uint64) option {
	seed *= 1000
	return func(c *candidate) {
		seed++
		c.clock.Seed(seed)
	}
}

// candidate returns a candidate of election x. Its lease is 15 s, it doesn't
// quarantine, and chance is always 0.5, if no option changes that.
func (w *world) candidate(id string, options ...option) *candidate {
	w.Helper()
	c := &candidate{w: w, link: w.stub.Link(), pushes: w.stub.Link(), clock: clocktest.New(1)}
	c.cfg = Config{Name: "x", ID: id, Bootstrap: BootstrapImmediate, Logger: slog.New(slog.DiscardHandler), Observer: c.note}
	c.cfg.OnOverrun = func(o Overrun) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.over = append(c.over, o)
	}
	for _, o := range options {
		o(c)
	}
	c.client = w.stub.Client(c.link, c.tune)
	c.rdb = c.client
	if !c.direct {
		c.rdb = clocked{c.own(c.client), c.own(w.stub.Client(c.pushes)), c.clock}
	}
	c.connect()
	w.candidates = append(w.candidates, c)
	return c
}

// connect makes the elector, anew if the client or the config has changed.
func (c *candidate) connect() {
	c.w.Helper()
	conn, err := Connect(c.rdb, Config{Logger: c.cfg.Logger})
	if err != nil {
		c.w.Fatal(err)
	}
	if c.Elector, err = conn.Elector(c.cfg); err != nil {
		c.w.Fatal(err)
	}
}

// sibling is one more elector on the Conn of c.
func (c *candidate) sibling(mutate func(*Config)) *Elector {
	c.w.Helper()
	cfg := c.cfg
	mutate(&cfg)
	e, err := c.conn.Elector(cfg)
	if err != nil {
		c.w.Fatal(err)
	}
	return e
}

// tune keeps a client of its own from ever waiting for a place in its pool: the
// timers of those who wait are shared by all bubbles, and must not be.
func (c *candidate) tune(o *redis.Options) {
	if c.direct {
		o.DialTimeout = time.Second // which is over before the attempt that dials
	}
	if c.readTimeout > 0 {
		o.ReadTimeout = c.readTimeout
	}
}

// own is what a session makes of a plain client, with a larger pool: see tune.
func (c *candidate) own(client *redis.Client) *redis.Client {
	if c.plain {
		return client
	}
	made, _ := register.Derive(client)
	o := *made.Options()
	_ = made.Close()
	o.PoolSize, o.PipelinePoolSize, o.MaxRetries = 100, -1, -1 // what was off reads as 0
	own := redis.NewClient(&o)
	c.w.Cleanup(func() { _ = own.Close() })
	return own
}

// clocked is a client that brings a clock, and that subscribes elsewhere.
type clocked struct {
	*redis.Client
	source *redis.Client
	clock  seam.Clock
}

func (c clocked) Clock() seam.Clock { return c.clock }

func (c clocked) Subscribe(ctx context.Context, channels ...string) *redis.PubSub {
	return c.source.Subscribe(ctx, channels...)
}

func (c *candidate) swallow() { c.link.Swallow(); c.pushes.Swallow() }

func (c *candidate) cut() { c.link.Cut(); c.pushes.Cut() }

func (c *candidate) reset() { c.link.Reset(); c.pushes.Reset() }

func (c *candidate) heal() { c.link.Heal(); c.pushes.Heal() }

func (c *candidate) setLatency(d time.Duration) { c.link.SetLatency(d); c.pushes.SetLatency(d) }

func (c *candidate) conns() int { return c.link.Conns() + c.pushes.Conns() }

// note is the candidate's observer.
func (c *candidate) note(ev Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.events = append(c.events, ev)
}

// told are the events so far, beats left out.
func (c *candidate) told() []Event {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(c.events), func(ev Event) bool { return ev.Kind == KindBeat })
}

// kinds are the kinds of the events so far, beats left out.
func (c *candidate) kinds() []Kind {
	var k []Kind
	for _, ev := range c.told() {
		k = append(k, ev.Kind)
	}
	return k
}

// event is the last event of a kind; without one the test ends.
func (c *candidate) event(k Kind) Event {
	c.w.Helper()
	for _, ev := range slices.Backward(c.told()) {
		if ev.Kind == k {
			return ev
		}
	}
	c.w.Fatalf("%s was told of %v, not of %s", c.ID(), c.kinds(), k)
	return Event{}
}

// count is how many events of a kind there were.
func (c *candidate) count(k Kind) (n int) {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, ev := range c.events {
		if ev.Kind == k {
			n++
		}
	}
	return n
}

// overruns are what OnOverrun was told.
func (c *candidate) overruns() []Overrun {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.over)
}
