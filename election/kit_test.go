package election

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"example.com/incumbent/internal/link"
	"example.com/incumbent/internal/redistest"
	"example.com/incumbent/internal/seam"
)

func TestMain(m *testing.M) {
	redis.SetLogger(silent{}) // it tells of every connection that a test breaks
	goleak.VerifyTestMain(m)
}

type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

// key is the record of election x, in which everybody stands.
const key = "incumbent:{x}"

// world is a Redis in a bubble, and candidates each behind a network and a clock
// of its own. At its end it has checked for every test that terms rose with the
// writes, that no two works overlapped, and that events were paired.
type world struct {
	*testing.T
	stub  *redistest.Stub
	start time.Time

	// zombies says that works may overlap, since the test breaks what keeps them
	// apart: it stalls a process, or its work overruns its grace.
	zombies bool

	mu         sync.Mutex
	candidates []*candidate
	working    map[*candidate]Term
	elections  []elected
	writes     []write
	traps      []*trap
	refusal    func(cmd string, args []string) string
	counts     map[string]int
}

// elected is a work that began.
type elected struct {
	id   string
	term Term
	at   time.Duration
}

// bubble runs f with a fresh world; nothing of it may be left at the end.
func bubble(t *testing.T, f func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{T: t, stub: redistest.NewStub(t), start: time.Now(), working: map[*candidate]Term{}, counts: map[string]int{}}
		w.loadScripts()
		w.stub.Mini.Server().SetPreHook(w.serve)
		t.Cleanup(w.verify)
		f(w)
	})
}

// loadScripts has the server know the scripts, so that each request is one packet.
func (w *world) loadScripts() {
	client := w.stub.Client(w.stub.Link())
	for _, source := range []string{lookSource, casSource} {
		if err := client.ScriptLoad(w.Context(), source).Err(); err != nil {
			w.Fatal(err)
		}
	}
	_ = client.Close()
}

// since is the bubble's time since its start.
func (w *world) since() time.Duration { return time.Since(w.start) }

// sleepUntil sleeps until that time of the bubble, and until all that happens then
// has happened.
func (w *world) sleepUntil(at time.Duration) {
	time.Sleep(at - w.since())
	synctest.Wait()
}

// enter notes that a work begins.
func (w *world) enter(c *candidate, term Term) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for other, t := range w.working {
		if !w.zombies {
			w.Errorf("%v: %s works in term %d while %s still works in term %d", w.since(), c.ID(), term, other.ID(), t)
		}
	}
	if n := len(w.elections); n > 0 && w.elections[n-1].term >= term {
		w.Errorf("%v: %s works in term %d, after term %d", w.since(), c.ID(), term, w.elections[n-1].term)
	}
	w.working[c] = term
	w.elections = append(w.elections, elected{c.ID(), term, w.since()})
}

// exit notes that a work has ended.
func (w *world) exit(c *candidate) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.working, c)
}

// terms are the works so far.
func (w *world) terms() []elected {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.elections)
}

// verify checks at the end what holds in every world.
func (w *world) verify() {
	for _, c := range w.candidates {
		c.verify()
	}
	highest := Term(0)
	for _, wr := range w.history() {
		if wr.op == "grant" && wr.rec.term <= highest {
			w.Errorf("%v: granted term %d after term %d", wr.at, wr.rec.term, highest)
		}
		highest = max(highest, wr.rec.term)
	}
}

// candidate is one process.
type candidate struct {
	*Elector
	w           *world
	link        *link.Link // for commands
	pushes      *link.Link // for the subscription
	clock       *testClock
	cfg         Config
	rdb         Redis
	client      *redis.Client // of the application
	plain       bool          // the client is used as go-redis makes it
	direct      bool          // the client is handed over without a clock
	readTimeout time.Duration // of a plain client, if not the default

	mu     sync.Mutex
	events []Event
	over   []Overrun
}

// an option changes a candidate before it is made.
type option func(*candidate)

func quarantine(c *candidate) { c.cfg.Bootstrap = Quarantine }
func once(c *candidate)       { c.cfg.Once = true }
func plain(c *candidate)      { c.plain = true }
func slowReads(c *candidate)  { c.plain, c.readTimeout = true, 20*time.Second }
func deaf(c *candidate)       { c.pushes.Swallow() }

// unwrapped hands over the application's client as it is: the session makes a
// client of its own of it, and the clock is the system's.
func unwrapped(c *candidate) { c.direct = true }

func lease(d time.Duration) option      { return func(c *candidate) { c.cfg.Lease = d } }
func rate(r float64) option             { return func(c *candidate) { c.clock.rate = r } }
func latency(d time.Duration) option    { return func(c *candidate) { c.setLatency(d) } }
func seeded(seed uint64) option         { return func(c *candidate) { c.clock.seed(seed) } }
func configured(f func(*Config)) option { return func(c *candidate) { f(&c.cfg) } }
func logging(h slog.Handler) option     { return func(c *candidate) { c.cfg.Logger = slog.New(h) } }
func observing(f func(Event)) option    { return func(c *candidate) { c.cfg.Observer = f } }
func chance(f func() float64) option    { return func(c *candidate) { c.clock.chance = f } }
func coolDown(d time.Duration) option   { return func(c *candidate) { c.cfg.CoolDown = d } }

// varied gives each candidate a chance of its own.
func varied(seed uint64) option {
	seed *= 1000
	return func(c *candidate) {
		seed++
		c.clock.seed(seed)
	}
}

// candidate returns a candidate of election x. Its lease is 15 s, it doesn't
// quarantine, and chance is always 0.5, if no option changes that.
func (w *world) candidate(id string, options ...option) *candidate {
	w.Helper()
	c := &candidate{w: w, link: w.stub.Link(), pushes: w.stub.Link(), clock: newTestClock()}
	c.cfg = Config{Name: "x", ID: id, Bootstrap: Immediate, Logger: slog.New(slog.DiscardHandler), Observer: c.note}
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
	conn, err := Connect(c.rdb, c.cfg.Logger)
	if err != nil {
		w.Fatal(err)
	}
	if c.Elector, err = conn.Elector(c.cfg); err != nil {
		w.Fatal(err)
	}
	w.candidates = append(w.candidates, c)
	return c
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
	made, closeMade := dedicated(client)
	o := *made.(*redis.Client).Options()
	_ = closeMade()
	o.PoolSize, o.PipelinePoolSize, o.MaxRetries = 100, -1, -1 // what was off reads as 0
	own := redis.NewClient(&o)
	c.w.Cleanup(func() { _ = own.Close() })
	return own
}

// clocked is a client that brings a clock, and that subscribes elsewhere.
type clocked struct {
	*redis.Client
	hints *redis.Client
	clock seam.Clock
}

func (c clocked) Clock() seam.Clock { return c.clock }

func (c clocked) Subscribe(ctx context.Context, channels ...string) *redis.PubSub {
	return c.hints.Subscribe(ctx, channels...)
}

func (c *candidate) swallow()                   { c.link.Swallow(); c.pushes.Swallow() }
func (c *candidate) cut()                       { c.link.Cut(); c.pushes.Cut() }
func (c *candidate) reset()                     { c.link.Reset(); c.pushes.Reset() }
func (c *candidate) heal()                      { c.link.Heal(); c.pushes.Heal() }
func (c *candidate) setLatency(d time.Duration) { c.link.SetLatency(d); c.pushes.SetLatency(d) }
func (c *candidate) conns() int                 { return c.link.Conns() + c.pushes.Conns() }

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
	return slices.DeleteFunc(slices.Clone(c.events), func(ev Event) bool { return ev.Kind == Beat })
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

// verify checks that events were paired: elected, revoked, and at most one end.
func (c *candidate) verify() {
	term, stage := Term(0), Kind("")
	for _, ev := range c.told() {
		before := stage
		switch ev.Kind {
		case Elected:
			term, stage = ev.Term, Elected
			before = map[Kind]Kind{"": Elected, Revoked: Elected, Released: Elected, ReleaseFailed: Elected}[before]
		case Revoked:
			stage = Revoked
		case Released, ReleaseFailed:
			stage = ev.Kind
			before = map[Kind]Kind{Revoked: Elected}[before]
		default:
			continue
		}
		if ev.Term != term || before != Elected {
			c.w.Errorf("%s: %s of term %d comes unpaired in %v", c.ID(), ev.Kind, ev.Term, c.kinds())
		}
	}
	if stage == Elected {
		c.w.Errorf("%s was never told that term %d has ended: %v", c.ID(), term, c.kinds())
	}
}

// logged is a handler that keeps levels and messages.
type logged struct {
	slog.Handler
	mu    sync.Mutex
	lines []string
}

func (l *logged) Enabled(context.Context, slog.Level) bool { return true }
func (l *logged) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *logged) WithGroup(string) slog.Handler            { return l }

func (l *logged) Handle(_ context.Context, r slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, r.Level.String()+" "+r.Message)
	return nil
}

// has reports whether a line contained that text.
func (l *logged) has(text string) bool {
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.lines, func(line string) bool { return strings.Contains(line, text) })
}
