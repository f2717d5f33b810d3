// Cache-refresh keeps a cache entry fresh: one of any number of instances fetches it from a
// slow source, and all readers of all instances serve it from memory, without a stampede.
//
//	go run ./examples/cache-refresh                                 # no server: three instances in one program
//	go run ./examples/cache-refresh -redis redis://localhost:6379   # one instance on your Redis; start several
//
// Without a Redis the program starts a stand-in and three instances. After some refreshes the
// instance that does them crashes, or is restarted, in turn; the others serve what they have.
// At the end the program counts what was read, and how often the source was asked.
//
// This file imports nothing that is internal: copy it.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"golang.org/x/sync/errgroup"

	"example.com/incumbent/election"
	"example.com/incumbent/fresh"
	"example.com/incumbent/heartbeat"
	"example.com/incumbent/singleton"
)

const (
	readers   = 20 // of each instance
	readEvery = 50 * time.Millisecond
)

// An entry is what the cache holds.
type entry struct {
	By   string    `json:"by"` // who fetched it
	At   time.Time `json:"at"` // when, by that one's clock
	Till time.Time `json:"till"`
	Body string    `json:"body"`
}

func main() {
	switch err := run(); {
	case errors.Is(err, election.ErrConfig):
		fmt.Fprintf(os.Stderr, "cache-refresh: %v; cache-refresh -h lists all flags\n", err)
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "cache-refresh:", err)
		os.Exit(1)
	}
}

// program is what all instances of this process share.
type program struct {
	url, election        string
	candidates           int
	lease, every, length time.Duration
	standIn              *miniredis.Miniredis // nil with a Redis
	stop                 context.CancelFunc

	fetches, refreshed, vain, reads, misses, expired atomic.Int64 // vain: fetches that came to nothing
}

func run() error {
	p, began := &program{}, time.Now()
	if err := p.parse(); err != nil {
		return err
	}
	logging.Disable() // go-redis logs what its calls return as errors anyway
	// SIGTERM is what docker stop, Kubernetes and systemd send. A second signal ends the process.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	p.stop = stop
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) // so that a write into a closed pipe is an error
	defer time.AfterFunc(cmp.Or(p.length, 1<<62), stop).Stop()
	if p.url == "stand-in" {
		p.standIn = miniredis.NewMiniRedis()
		if err := p.standIn.Start(); err != nil {
			return err
		}
		defer p.standIn.Close()
		p.url = "redis://" + p.standIn.Addr()
		fmt.Fprintf(os.Stderr, "TRYING OUT: no -redis and no REDIS_URL; a stand-in on %s that forgets everything at exit\n", p.standIn.Addr())
	}
	all, ctx := errgroup.WithContext(ctx)
	for i := range p.candidates {
		all.Go(func() error { return p.instance(ctx, i) })
	}
	if err := all.Wait(); err != nil || p.standIn == nil {
		return err
	}
	return p.count(time.Since(began))
}

func (p *program) parse() error {
	flag.StringVar(&p.url, "redis", "stand-in", "`URL` of Redis; without it $REDIS_URL, if that is set")
	flag.IntVar(&p.candidates, "candidates", 0, "run `N` instances in this process, up to 100; default 3 on the stand-in, else 1")
	flag.StringVar(&p.election, "election", "cache-refresh", "`name` of the election and of the entry")
	flag.DurationVar(&p.lease, "lease", 0, "how long others wait for a sign of the leader, `D` from 2s; default 3s on the stand-in, else 15s")
	flag.DurationVar(&p.every, "every", time.Second, "refresh every `D`, from 10ms")
	flag.DurationVar(&p.length, "for", 0, "end after `D`; default 0, never")
	flag.Parse()
	count, lease := 3, 3*time.Second
	if p.url == "stand-in" {
		p.url = cmp.Or(os.Getenv("REDIS_URL"), p.url)
	}
	if p.url != "stand-in" {
		count, lease = 1, 15*time.Second
		if _, err := redis.ParseURL(p.url); err != nil { // whose text may hold a password
			return fmt.Errorf("%w: -redis: give an address such as redis://localhost:6379", election.ErrConfig)
		}
	}
	p.candidates, p.lease = cmp.Or(p.candidates, count), cmp.Or(p.lease, lease)
	if flag.NArg() > 0 || p.candidates < 1 || p.candidates > 100 || p.length < 0 || p.every < 10*time.Millisecond {
		return fmt.Errorf("%w: give flags only, -candidates 1 to 100, -for 0 or more, -every from 10ms", election.ErrConfig)
	}
	return nil
}

// instance lives one life after the other. In a real service a life is a process.
func (p *program) instance(ctx context.Context, i int) error {
	id := string(rune('A' + i))
	if p.standIn == nil || p.candidates > 26 {
		id = fmt.Sprintf("%d-%d", os.Getpid(), i+1)
	}
	for ; ctx.Err() == nil; pause(ctx, time.Second) {
		l := &life{program: p, id: id}
		if err := l.live(ctx); err != nil {
			return err
		}
	}
	return nil
}

// life is an instance from its start to its stop or crash.
type life struct {
	*program
	id      string
	cache   *fresh.Value[entry]
	end     context.CancelFunc // stops it in good order
	network context.Context    // of all its connections: a crash cuts them
	cut     context.CancelFunc
}

func (l *life) live(ctx context.Context) error {
	ctx, l.end = context.WithCancel(ctx)
	defer l.end()
	l.network, l.cut = context.WithCancel(context.Background())
	defer l.cut()
	options, _ := redis.ParseURL(l.url) // which was checked
	config := election.Config{Name: l.election, ID: l.id, Lease: l.lease, Logger: slog.New(slog.DiscardHandler)}
	options.ContextTimeoutEnabled = true
	if l.standIn != nil {
		config.Bootstrap = election.BootstrapImmediate // the stand-in is new: nobody led before
		options.Dialer = l.dial
	}
	rdb := redis.NewClient(options)
	defer rdb.Close()
	elector, err := election.New(rdb, config)
	if err != nil {
		return err
	}
	// Later it keeps trying whatever happens. Now somebody is there to read what is wrong.
	if _, err := elector.Leader(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, election.ErrNoElection) {
		return err
	}
	l.cache, err = fresh.New(rdb, fresh.Config{Name: l.election, Every: l.every, Logger: config.Logger}, l.refresh)
	if err != nil {
		return err
	}
	var serving sync.WaitGroup
	defer serving.Wait()
	defer l.end()
	serving.Go(func() { l.serve(ctx) })
	return singleton.Keep(ctx, elector, func(ctx context.Context, term election.Term) error {
		l.tell("leads, in term %d", term)
		err := l.cache.Work(ctx, term) // this keeps the entry fresh
		l.tell("leads no more: %v", cmp.Or(context.Cause(ctx), err))
		return err
	}, singleton.Policy{StopOnPermanent: true})
}

// dial connects over a network that a crash cuts.
func (l *life) dial(ctx context.Context, kind, address string) (net.Conn, error) {
	if l.network.Err() != nil {
		return nil, l.network.Err()
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, kind, address)
	if err == nil {
		context.AfterFunc(l.network, func() { _ = conn.Close() })
	}
	return conn, err
}

// refresh fetches the entry from the source, which is slow: the reason for the cache. The entry
// outlives the next refresh, and a takeover before that.
func (l *life) refresh(ctx context.Context, _ election.Term) (entry, time.Time, error) {
	l.fetches.Add(1)
	pause(ctx, 300*time.Millisecond) // in a real service a request or a query, with this context
	if ctx.Err() != nil {
		l.vain.Add(1)
		return entry{}, time.Time{}, ctx.Err()
	}
	switch n := l.refreshed.Add(1); {
	case l.standIn == nil || l.candidates == 1:
	case n%8 == 4:
		l.vain.Add(1)
		l.tell("CRASHES before it writes what it has fetched")
		l.cut()
		l.end()
	case n%8 == 0:
		l.tell("is restarted")
		l.end()
	}
	l.tell("refreshed")
	till := time.Now().Add(2*l.every + 5*time.Second + heartbeat.ForLease(l.lease).Failover().Worst)
	return entry{l.id, time.Now(), till, `{"rate": 1.08}`}, till, nil
}

// serve stands for the readers of an instance, and tells each second what they got.
func (l *life) serve(ctx context.Context) {
	var all sync.WaitGroup
	var reads atomic.Int64 // in this second
	for range readers {
		all.Go(func() {
			for ; ctx.Err() == nil; pause(ctx, readEvery) {
				began := time.Now()
				limited, cancel := context.WithTimeout(ctx, time.Second)
				e, err := l.cache.Get(limited) // from memory
				cancel()
				switch {
				case err == nil:
					reads.Add(1)
					l.reads.Add(1)
					if e.Till.Before(began) {
						l.expired.Add(1)
					}
				case ctx.Err() == nil:
					l.misses.Add(1)
				}
			}
		})
	}
	for ; ctx.Err() == nil; pause(ctx, time.Second) {
		if e, err := l.cache.Get(ctx); err == nil {
			l.tell("served %d reads; the entry is %d ms old, from %s", reads.Swap(0), time.Since(e.At).Milliseconds(), e.By)
		}
	}
	all.Wait()
}

// tell prints a line. Who has crashed says nothing.
func (l *life) tell(format string, args ...any) {
	if l.network.Err() == nil {
		l.print(l.id, fmt.Sprintf(format, args...))
	}
}

func (p *program) print(who, text string) {
	line := fmt.Sprintf("%s  %s  %s\n", time.Now().Format("15:04:05.000"), who, text)
	if _, err := os.Stdout.WriteString(line); errors.Is(err, syscall.EPIPE) {
		p.stop() // nobody reads, as in cache-refresh | head
	}
}

// count compares the fetches with what there may be: one a period, and those that came to nothing.
func (p *program) count(took time.Duration) error {
	fetches, most := p.fetches.Load(), int64(took/p.every)+1+p.vain.Load()
	text := fmt.Sprintf("%d reads, %d without an entry, %d of an expired one; %d fetches in %v, one each %v and %d in vain",
		p.reads.Load(), p.misses.Load(), p.expired.Load(), fetches, took.Round(time.Millisecond), p.every, p.vain.Load())
	p.print("all", text)
	if p.expired.Load() > 0 || fetches > most {
		return errors.New("that is not what was promised")
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
