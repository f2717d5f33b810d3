// Scheduler runs a job at its due times, each of them once, on whichever candidate leads.
//
//	go run ./examples/scheduler                                 # no server: three candidates in one program
//	go run ./examples/scheduler -redis redis://localhost:6379   # one candidate on your Redis; start several
//
// Without a Redis the program starts a stand-in and three candidates. After some runs the
// leader crashes in the middle of one, or is restarted, in turn, and the next leader catches
// up. At the end the program counts the due times that were missed or doubled.
//
// This file imports nothing that is internal: copy it.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"os"
	"os/signal"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"golang.org/x/sync/errgroup"

	"example.com/incumbent/election"
	"example.com/incumbent/schedule"
	"example.com/incumbent/singleton"
)

func main() {
	switch err := run(); {
	case errors.Is(err, election.ErrConfig):
		fmt.Fprintf(os.Stderr, "scheduler: %v; scheduler -h lists all flags\n", err)
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "scheduler:", err)
		os.Exit(1)
	}
}

// program is what all candidates of this process share.
type program struct {
	url, election        string
	candidates           int
	lease, every, length time.Duration
	json                 bool
	standIn              *miniredis.Miniredis // nil with a Redis
	stop                 context.CancelFunc

	punctual atomic.Int32 // runs that began before the next due time

	mu   sync.Mutex        // of done and stdout
	done map[time.Time]int // how often each due time was done
}

func run() error {
	p := &program{done: map[time.Time]int{}}
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
	if p.length > 0 {
		defer time.AfterFunc(p.length, stop).Stop()
	}
	if p.url == "stand-in" {
		p.standIn = miniredis.NewMiniRedis()
		if err := p.standIn.Start(); err != nil {
			return err
		}
		defer p.standIn.Close()
		fmt.Fprintf(os.Stderr, "TRYING OUT: no -redis and no REDIS_URL; a stand-in on %s that forgets everything at exit\n", p.standIn.Addr())
	}
	all, ctx := errgroup.WithContext(ctx)
	for i := range p.candidates {
		all.Go(func() error { return p.candidate(ctx, i) })
	}
	if err := all.Wait(); err != nil || p.standIn == nil {
		return err
	}
	return p.count()
}

func (p *program) parse() error {
	flag.StringVar(&p.url, "redis", "stand-in", "`URL` of Redis, several addresses for a cluster; without it $REDIS_URL, if that is set")
	flag.IntVar(&p.candidates, "candidates", 0, "run `N` candidates in this process, up to 100; default 3 on the stand-in, else 1")
	flag.StringVar(&p.election, "election", "scheduler", "`name` of the election")
	flag.DurationVar(&p.lease, "lease", 0, "how long others wait for a sign of the leader, `D` from 2s; default 3s on the stand-in, else 15s")
	flag.DurationVar(&p.every, "every", time.Second, "a run is due every `D`, from 1s")
	flag.DurationVar(&p.length, "for", 0, "end after `D`; default 0, never")
	flag.BoolVar(&p.json, "json", false, "print one JSON object a line")
	flag.Parse()
	count, lease := 3, 3*time.Second
	if p.url == "stand-in" {
		p.url = cmp.Or(os.Getenv("REDIS_URL"), p.url)
	}
	if p.url != "stand-in" {
		count, lease = 1, 15*time.Second
	}
	p.candidates, p.lease = cmp.Or(p.candidates, count), cmp.Or(p.lease, lease)
	if flag.NArg() > 0 || p.candidates < 1 || p.candidates > 100 || p.length < 0 {
		return fmt.Errorf("%w: give flags only, -candidates 1 to 100, -for 0 or more", election.ErrConfig)
	}
	return nil
}

// candidate lives one life after the other. In a real service a life is a process.
func (p *program) candidate(ctx context.Context, i int) error {
	id := string(rune('A' + i%26))
	if p.standIn == nil || p.candidates > 26 {
		host, _ := os.Hostname()
		id = fmt.Sprintf("%.60s-%d-%d", host, os.Getpid(), i+1)
	}
	for ctx.Err() == nil {
		if err := (&life{program: p, id: id, announced: make(chan struct{}, 1)}).live(ctx); err != nil {
			return err
		}
		pause(ctx, time.Second)
	}
	return nil
}

// life is a candidate from its start to its stop or crash.
type life struct {
	*program
	id        string
	announced chan struct{}      // the observer has printed that this candidate leads
	end       context.CancelFunc // stops it in good order
	network   context.Context    // of all its connections to the stand-in
	cut       context.CancelFunc // of the network: a crash
}

func (l *life) live(ctx context.Context) error {
	ctx, l.end = context.WithCancel(ctx)
	defer l.end()
	l.network, l.cut = context.WithCancel(context.Background())
	defer l.cut()
	conn, err := l.connect(election.Config{ID: l.id, Lease: l.lease, Observer: l.observe, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer conn.Close()
	elector, err := conn.Elector(election.Config{Name: l.election})
	if err != nil {
		return err
	}
	jobs, err := schedule.New(schedule.Job{
		Name:     "job",
		Due:      schedule.Every(l.every),
		Run:      l.work,
		Attempts: 3,    // a run that a crash cuts short is started again
		CatchUp:  1000, // due times of a failover wait, and are run one after the other
	})
	if err != nil {
		return err
	}
	l.tell("started", fields{}, "has started")
	defer l.tell("stopped", fields{}, "has stopped")
	// Later it keeps trying whatever happens. Now somebody is there to read what is wrong.
	if _, err := elector.Leader(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, election.ErrNoElection) {
		return err
	}
	return singleton.Keep(ctx, elector, func(ctx context.Context, term election.Term) error {
		<-l.announced
		err := jobs.Work(ctx, term)
		cause := election.ReasonOf(context.Cause(ctx))
		l.tell("revoked", fields{"term": term, "cause": cause}, fmt.Sprintf("leads no more: %s", cause))
		return err // before the term has ended, if the ledger cannot be used
	}, singleton.Policy{OnReturn: singleton.OnReturnStop, StopOnPermanent: true})
}

func (l *life) connect(config election.Config) (*election.Conn, error) {
	if l.standIn == nil {
		return election.ConnectURL(l.url, config)
	}
	config.Bootstrap = election.BootstrapImmediate // the stand-in is new: nobody led before
	rdb := redis.NewClient(&redis.Options{Addr: l.standIn.Addr(), Dialer: l.dial, ContextTimeoutEnabled: true})
	cut := l.cut
	l.cut = func() { cut(); _ = rdb.Close() } // at once: who has crashed releases nothing
	return election.Connect(rdb, config)
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

// work is one run of the job. A real one hands tick.Key and tick.Term to what it writes to.
func (l *life) work(ctx context.Context, tick schedule.Tick) error {
	late, due := time.Since(tick.Due), tick.Due.Local().Format("15:04:05.999")
	told := fields{"term": tick.Term, "due": tick.Due, "attempt": tick.Attempt, "late_ms": late.Milliseconds()}
	l.tell("run", told, fmt.Sprintf("runs what is due at %s, %v late, attempt %d", due, late.Round(time.Millisecond), tick.Attempt))
	turn := -1 // after four punctual runs the leader crashes, after four more it is restarted
	if late < l.every && l.standIn != nil && l.candidates > 1 {
		turn = int(l.punctual.Add(1)) % 8
	}
	if turn == 4 {
		l.tell("crashed", told, "CRASHES in the middle of that run")
		l.end()
		return context.Canceled
	}
	pause(election.Drain(ctx), min(l.every/4, 500*time.Millisecond)) // a stop waits for what is in hand
	l.tell("done", told, "has run what was due at "+due)
	if turn == 0 {
		l.end()
	}
	return nil
}

func (l *life) observe(ev election.Event) {
	switch ev.Kind {
	case election.KindElected:
		l.tell("elected", fields{"term": ev.Term}, fmt.Sprintf("leads, in term %d", ev.Term))
		l.announced <- struct{}{}
	case election.KindStandby:
		l.tell("standby", fields{"leader": ev.Leader.ID}, "stands by: "+ev.Leader.ID+" leads")
	case election.KindQuarantined, election.KindUnreachable, election.KindReleaseFailed, schedule.KindMissed, schedule.KindLedgerLost:
		text := fmt.Sprintf("%s: wait %v, count %d, error %v %s", ev.Kind, ev.Wait, ev.Count, ev.Err, ev.Text)
		l.tell("trouble", fields{"text": text}, text)
	}
}

// fields are what -json prints of an event beside its time, name, candidate and election.
type fields map[string]any

// tell prints an event, and its text for people if there is one. Who has crashed says nothing.
func (l *life) tell(event string, f fields, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.network.Err() != nil {
		return
	}
	switch event {
	case "crashed":
		l.cut()
	case "done":
		l.done[f["due"].(time.Time)]++
	}
	l.print(event, l.id, f, text)
}

func (p *program) print(event, candidate string, f fields, text string) {
	now := time.Now()
	f["time"], f["event"], f["candidate"], f["election"] = now.UTC(), event, candidate, p.election
	out, _ := json.Marshal(f) // cannot fail
	if !p.json {
		out = fmt.Appendf(nil, "%s  %s  %s", now.Format("15:04:05.000"), candidate, text)
	}
	if _, err := os.Stdout.Write(append(out, '\n')); errors.Is(err, syscall.EPIPE) {
		p.stop() // nobody reads, as in scheduler | head
	}
}

// count compares what was done with what was due meanwhile.
func (p *program) count() error {
	dues, missed, doubled := slices.SortedFunc(maps.Keys(p.done), time.Time.Compare), 0, 0
	for i, due := range dues {
		doubled += p.done[due] - 1
		if i > 0 {
			missed += int(due.Sub(dues[i-1])/p.every) - 1
		}
	}
	text := fmt.Sprintf("%d due times were run, %d missed, %d doubled", len(dues), missed, doubled)
	p.print("counted", "all", fields{"runs": len(dues), "missed": missed, "doubled": doubled}, text)
	if missed+doubled > 0 {
		return errors.New(text)
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
