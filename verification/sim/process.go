package sim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/link"
	"example.com/incumbent/verification/sim/check"
)

// process is one program: a clock, a network, a connection, and a loop that
// leads again and again, or an observer.
type process struct {
	w        *World
	n        int
	id       string
	clock    *clock
	net      endpoint
	conn     *election.Conn
	settings settings // owned by the world's goroutine

	elector atomic.Pointer[election.Elector]
	once    atomic.Bool // it tries only once at a time
	working atomic.Bool
	dead    atomic.Bool
	mute    atomic.Bool     // its notes are lost
	crashed chan struct{}   // closed when it crashes
	ctx     context.Context // ends when it is to stop, or crashes
	cancel  context.CancelFunc
	calls   sync.WaitGroup // all goroutines
	gone    chan struct{}  // closed when they are done

	mu     sync.Mutex
	recall context.CancelCauseFunc // ends the call of Lead that is under way
	next   *settings               // to be configured before the next call
	away   time.Duration           // before the next call
}

// endpoint is how a process reaches the server. Commands and hints go separate
// ways, each with faults of its own.
type endpoint struct {
	client   election.Redis
	commands route
	hints    route
	close    func() (left int) // and how many connections are left then
}

// route is a network between one process and the server; see [link.Link].
type route interface {
	Cut()
	Reset()
	Stall(dirs ...link.Direction)
	Resume(dirs ...link.Direction)
	Swallow(dirs ...link.Direction)
	Heal()
	SetLatency(d time.Duration)
	LoseReplies(n int)
	CutAfter(n int)
}

var errRecalled = errors.New("recalled")

func newProcess(w *World, n int, id string, s settings) *process {
	p := &process{w: w, n: n, id: id, clock: newClock(w, n, s.rate), settings: s, crashed: make(chan struct{}), gone: make(chan struct{})}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	w.history.Add(n, check.Started{ID: id, Rate: s.rate, Candidate: !s.observes, Settings: s.told()})
	p.net = w.store.join(p)
	conn, err := election.Connect(p.net.client, election.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		panic(err)
	}
	p.conn = conn
	p.configure(s)
	p.settle()
	return p
}

// configure makes an elector of these settings.
func (p *process) configure(s settings) {
	cfg := s.config()
	cfg.ID = p.id
	cfg.Logger = slog.New(slog.DiscardHandler)
	cfg.Observer = p.told
	cfg.OnOverrun = func(o election.Overrun) {
		if !o.Held {
			p.log(check.Told{Kind: "overrun", Term: int64(o.Term)})
		}
	}
	e, err := p.conn.Elector(cfg)
	if err != nil {
		panic(err)
	}
	p.once.Store(s.once)
	p.elector.Store(e)
}

func (p *process) log(ev check.Event) { p.w.history.Add(p.n, ev) }

// told is the election's observer.
func (p *process) told(ev election.Event) {
	switch ev.Kind {
	case election.KindBeat: // seen by other means
	case election.KindOverrun:
		if ev.Held { // else OnOverrun was called, too
			p.log(check.Told{Kind: "held_overrun", Term: int64(ev.Term)})
		}
	case election.KindGrantLate:
		p.log(check.Backed{For: ev.Wait})
	default:
		p.log(check.Told{Kind: string(ev.Kind), Term: int64(ev.Term), Reason: string(ev.Reason)})
	}
}

// start begins what the process does.
func (p *process) start() {
	c := newChance(p.w.Seed, fmt.Sprint("process ", p.n))
	if p.settings.observes {
		p.calls.Go(func() { p.observe(c) })
	} else {
		p.calls.Go(func() { p.run(c) })
		if p.w.profile.company && p.w.onRegister() {
			p.calls.Go(func() { p.gossip(newChance(p.w.Seed, fmt.Sprint("gossip ", p.n))) })
		}
		p.calls.Go(func() { p.probe(newChance(p.w.Seed, fmt.Sprint("probe ", p.n))) })
	}
	go func() {
		p.calls.Wait()
		p.finish()
		close(p.gone)
	}()
}

// finish checks that nothing of the library runs any more.
func (p *process) finish() {
	if err := p.conn.Close(); err != nil && !p.dead.Load() {
		p.w.history.Complain(check.Leak, fmt.Sprintf("p%d: %v", p.n, err))
	}
	if left := p.net.close(); left > 0 && !p.dead.Load() {
		p.w.history.Complain(check.Leak, fmt.Sprintf("p%d has stopped and left %d connections", p.n, left))
	}
	p.log(check.Stopped{})
}

// run leads, again and again.
func (p *process) run(c chance) {
	for p.ctx.Err() == nil {
		p.reconfigure()
		ctx, cancel := context.WithCancelCause(p.ctx)
		stop := context.AfterFunc(ctx, func() { p.log(check.Cancelled{}) })
		p.mu.Lock()
		p.recall = cancel
		p.mu.Unlock()
		p.log(check.Called{})
		err := p.lead(ctx, c)
		stop()
		p.log(check.Returned{Err: brief(err)})
		cancel(nil)
		p.rest(c, err)
	}
}

// lead is one call of Lead. Work may panic on purpose.
func (p *process) lead(ctx context.Context, c chance) (err error) {
	defer func() {
		if r := recover(); r == errBoom { //nolint:errorlint // what was thrown, not an error that was wrapped
			err = errBoom
		} else if r != nil {
			panic(r)
		}
	}()
	e := p.elector.Load()
	if p.once.Load() {
		return e.TryLead(ctx, p.work(c))
	}
	return e.Lead(ctx, p.work(c))
}

// rest pauses between two calls: longer when only a person could help.
func (p *process) rest(c chance, err error) {
	d := c.spread(time.Millisecond, 300*time.Millisecond)
	if election.Permanent(err) || errors.Is(err, election.ErrHeld) || errors.Is(err, election.ErrPaused) {
		d = c.between(200*time.Millisecond, 400*time.Millisecond)
	}
	p.mu.Lock()
	d += p.away
	p.away = 0
	p.mu.Unlock()
	p.sleep(p.ctx, d)
}

// sleep waits for d, or until ctx ends.
func (p *process) sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(p.w.slots.after(d, p.n, inPause))
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

func (p *process) reconfigure() {
	p.mu.Lock()
	s := p.next
	p.next = nil
	p.mu.Unlock()
	if s != nil {
		p.configure(*s)
		p.log(check.Configured{Settings: s.told()})
	}
}

// probe asks now and then what the elector believes.
func (p *process) probe(c chance) {
	for p.ctx.Err() == nil {
		p.sleep(p.ctx, c.spread(p.w.profile.leases[0]/20, p.w.profile.leases[0]))
		begun := time.Now()
		e := p.elector.Load()
		leads, healthy := e.IsLeader(), e.Check() == nil
		p.log(check.Believed{Leads: leads, Healthy: healthy, Age: p.clock.age(begun)})
	}
}

// brief is the text of an error that is the same in every run.
func brief(err error) string {
	for _, known := range []error{
		election.ErrLost, election.ErrExpired, election.ErrStalled, election.ErrStepDown, election.ErrForeignRecord, election.ErrDenied, election.ErrUnfit,
		election.ErrHeld, election.ErrPaused, election.ErrDraining, election.ErrNoElection, election.ErrConfig, election.ErrUnavailable, errRecalled, errFailed, errBoom, context.Canceled,
	} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	if err != nil {
		return "another error: " + err.Error()
	}
	return ""
}
