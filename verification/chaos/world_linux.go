package chaos

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/verification/sim/check"
)

// key is that of the election, as the documents have it.
const key = "incumbent:{" + electionName + "}"

// world is a run: all processes, and what is between them.
type world struct {
	Options

	ctx     context.Context // ends when the run is to end
	dir     string
	spawn   *spawner
	judge   *judge
	server  *server
	monitor *monitor
	admin   *redis.Client
	patient *redis.Client // for what takes long
	fence   *child
	slots   []*slot
	procs   atomic.Int64
	strikes sync.WaitGroup

	serverFault sync.Mutex   // held by what happens to Redis
	down        atomic.Bool  // nobody listens there
	steered     atomic.Int64 // until then a pause may be asked for, by the monotonic clock
	rounds      atomic.Int64
	version     string // of Redis
	began       time.Duration

	mu    sync.Mutex
	fault error // of the run itself
}

// fail ends the run, which can't go on.
func (w *world) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fault == nil {
		w.fault = err
	}
}

func (w *world) failure() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.fault
}

func (w *world) socket() string { return filepath.Join(w.dir, "fence.sock") }

// sleep waits for d, or for less if the run is to end.
func (w *world) sleep(d time.Duration) { pause(w.ctx, d) }

// note tells the history of a fault.
func (w *world) note(s strike, detail string) {
	w.judge.tell(check.Fault{Kind: s.fault.kind, Detail: detail})
}

// build starts everything but the candidates.
func (w *world) build() (err error) {
	if w.server, err = startServer(w.spawn, w.RedisServer, filepath.Join(w.dir, "redis")); err != nil {
		return err
	}
	w.admin = redis.NewClient(&redis.Options{Addr: w.server.addr(), MaxRetries: -1, ReadTimeout: 2 * time.Second})
	w.patient = redis.NewClient(&redis.Options{Addr: w.server.addr(), MaxRetries: -1, ReadTimeout: time.Minute})
	if err := w.attach("start"); err != nil {
		return err
	}
	w.askVersion()
	config := &fenceConfig{Socket: w.socket(), Journal: filepath.Join(w.dir, "fence.journal")}
	if _, err := w.judge.follow(0, config.Journal); err != nil {
		return err
	}
	if w.fence, err = w.spawn.startChild("", role{Fence: config}, filepath.Join(w.dir, "fence.log")); err != nil {
		return err
	}
	for n := range w.Candidates {
		p, err := startProxy(w.server.addr())
		if err != nil {
			return err
		}
		w.slots = append(w.slots, &slot{n: n + 1, proxy: p, old: w.Old != "" && n%2 == 1})
	}
	return w.awaitFence()
}

// awaitFence waits until the resource can be reached.
func (w *world) awaitFence() error {
	until := monotonic() + startTimeout
	for {
		c, err := dialFence(w.socket())
		if err == nil {
			return c.conn.Close()
		}
		if monotonic() > until || w.fence.gone() {
			return fmt.Errorf("chaos: the resource does not start: %w", err)
		}
		w.sleep(startPoll)
	}
}

// attach has MONITOR show what the server does from now on, and notes what it holds.
func (w *world) attach(how string) error {
	m, err := startMonitor(w.server.addr(), key, w.judge.changed)
	if err != nil {
		return err
	}
	w.monitor = m
	bytes, err := w.admin.Get(context.Background(), key).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return err
	}
	w.judge.serverUp(contents(err == nil, bytes), how)
	return nil
}

// askVersion notes which Redis it is.
func (w *world) askVersion() {
	info := w.admin.InfoMap(context.Background(), "server").Val()["Server"]
	w.version = "redis " + info["redis_version"]
}

// crashServer kills Redis and starts it again after a while.
func (w *world) crashServer(m memory, after time.Duration) {
	w.down.Store(true)
	w.server.kill()
	<-w.monitor.closed
	w.judge.serverDown()
	for _, c := range w.slots {
		c.proxy.gate(true)
	}
	w.sleep(after)
	if err := w.server.start(m); err != nil {
		w.fail(err)
		return
	}
	w.down.Store(false)
	if err := w.attach("restart with " + string(m)); err != nil {
		w.fail(err)
		return
	}
	for _, c := range w.slots {
		c.proxy.gate(false)
	}
}

// target is whom an aim means now.
func (w *world) target(a aim) *slot {
	if a.leader {
		proc := w.judge.leader()
		for _, c := range w.slots {
			c.state.Lock()
			leads := c.proc == proc
			c.state.Unlock()
			if leads {
				return c
			}
		}
	}
	return w.slots[a.slot]
}

// proxies are the networks that an aim means, and whose they are.
func (w *world) proxies(a aim) (some []*proxy, whose string) {
	if !a.all {
		c := w.target(a)
		return []*proxy{c.proxy}, c.name()
	}
	for _, c := range w.slots {
		some = append(some, c.proxy)
	}
	return some, "all"
}

// adminPatience bounds a request of the run's own.
const adminPatience = 2 * time.Second

// try makes a request that may fail: something else may be wrong just now.
func (w *world) try(request func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), adminPatience)
	defer cancel()
	return request(ctx)
}

// attempt is try for what need not succeed.
func (w *world) attempt(request func(context.Context) error) { _ = w.try(request) }

// insist makes a request until it succeeds.
func (w *world) insist(request func(context.Context) error) {
	for until := monotonic() + startTimeout; ; {
		err := w.try(request)
		if err == nil {
			return
		}
		if monotonic() > until {
			w.fail(fmt.Errorf("chaos: redis does not do as it is told: %w", err))
			return
		}
		w.sleep(20 * time.Millisecond)
	}
}

// say is attempt for a request without arguments.
func (w *world) say(request func(context.Context) *redis.StatusCmd) {
	w.attempt(func(ctx context.Context) error { return request(ctx).Err() })
}

// configured sets something for a while.
func (w *world) configured(d time.Duration, name, value, back string) {
	w.insist(func(ctx context.Context) error { return w.admin.ConfigSet(ctx, name, value).Err() })
	w.sleep(d)
	w.insist(func(ctx context.Context) error { return w.admin.ConfigSet(ctx, name, back).Err() })
}

// witness has MONITOR show whether the key is absent.
func (w *world) witness() {
	w.insist(func(ctx context.Context) error {
		const script = `if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('ECHO', ARGV[1]) end return 1`
		return w.admin.Eval(ctx, script, []string{key}, sawAbsence).Err()
	})
}

var errRewriting = errors.New("chaos: the append-only file is not complete yet")

// rewritten returns nil when the append-only file has everything.
func (w *world) rewritten(ctx context.Context) error {
	info := w.admin.InfoMap(ctx, "persistence")
	if err := info.Err(); err != nil {
		return err
	}
	p := info.Val()["Persistence"]
	if p["aof_enabled"] != "1" || p["aof_rewrite_in_progress"] != "0" || p["aof_rewrite_scheduled"] != "0" {
		return errRewriting
	}
	return nil
}

// markEvery is how often MONITOR is made to show that nothing was missed.
const markEvery = 100 * time.Millisecond

// mark does so until ctx ends. How long it takes says how late the server is.
func (w *world) mark(ctx context.Context) {
	for n := 0; ctx.Err() == nil; n++ {
		pause(ctx, markEvery)
		if w.down.Load() {
			continue
		}
		asked := monotonic()
		w.attempt(func(ctx context.Context) error { return w.admin.Echo(ctx, fmt.Sprint(markPrefix, n)).Err() })
		w.judge.answered(n, asked)
	}
}

// destroy ends whatever runs.
func (w *world) destroy() {
	for _, c := range w.slots {
		if p := c.ends(); p != nil {
			p.kill()
			w.vacate(c)
		}
		c.proxy.close()
	}
	if w.fence != nil {
		w.fence.kill()
	}
	if w.server != nil && w.server.cmd != nil {
		w.server.kill()
	}
	if w.monitor != nil {
		w.monitor.close()
	}
	if w.admin != nil {
		_ = w.admin.Close()
		_ = w.patient.Close()
	}
	w.spawn.close()
	_ = os.Remove(w.socket())
}
