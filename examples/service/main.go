// Service shows what a service does with Incumbent: workers of which each runs on exactly
// one copy, a consumer that loses no message when it is restarted, and health checks.
//
//	go run ./examples/service                                 # no server: three copies in one program
//	go run ./examples/service -redis redis://localhost:6379   # one copy on your Redis; start several
//
// Without -redis the program starts a stand-in for Redis and three copies, restarts the copy
// that consumes every few seconds, and counts the messages at the end. Stop it with Ctrl-C.
//
// This file imports nothing that is internal: copy it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/singleton"
)

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	url := flag.String("redis", "", "address of Redis, such as redis://localhost:6379; without it, a demonstration runs")
	id := flag.String("id", "", "name of this copy; default: host and process")
	addr := flag.String("http", "", "address for /livez, /readyz and /leader, such as :8080; default: none")
	restart := flag.Duration("restart", 5*time.Second, "demonstration: how often a copy is restarted")
	length := flag.Duration("for", 0, "demonstration: how long it lasts; default: until Ctrl-C")
	flag.Parse()
	// SIGTERM is what docker stop, Kubernetes and systemd send.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if *url != "" {
		return serve(ctx, *url, *addr, election.Config{ID: *id, Lease: 5 * time.Second})
	}
	if *length > 0 {
		ctx, stop = context.WithTimeout(ctx, *length)
		defer stop()
	}
	return demonstrate(ctx, *restart)
}

// serve is one copy of the service. It returns when ctx has ended and all work with it.
func serve(ctx context.Context, url, addr string, defaults election.Config) error {
	options, err := redis.ParseURL(url)
	if err != nil {
		return err
	}
	options.ContextTimeoutEnabled = true // else a command outlives the deadline of its context
	rdb := redis.NewClient(options)
	defer rdb.Close()
	conn, err := election.Connect(rdb, defaults)
	if err != nil {
		return err
	}
	defer conn.Close()
	c := consumer{rdb}
	group, err := singleton.NewGroup(conn,
		singleton.Worker{Election: election.Config{Name: "consumer"}, Work: c.consume},
		singleton.Worker{Election: election.Config{Name: "poller"}, Work: singleton.Every(time.Minute, poll)},
	)
	if err != nil {
		return err
	}
	if addr != "" {
		listener, err := net.Listen("tcp", addr)
		if err != nil {
			return err
		}
		server := http.Server{Handler: health(group), ReadHeaderTimeout: time.Second}
		go server.Serve(listener) //nolint:errcheck // http.ErrServerClosed, after Close
		defer server.Close()
	}
	return group.Run(ctx)
}

// health answers whether this copy is to be restarted (/livez), whether it can serve
// requests (/readyz), and who consumes (/leader). Readiness never depends on leadership: a
// standby serves requests as well as the leader does.
func health(group *singleton.Group) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) {
		if err := group.Check(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /leader", func(w http.ResponseWriter, r *http.Request) {
		leader, err := group.Elector("consumer").Leader(r.Context())
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintf(w, "%s in term %d\n", leader.ID, leader.Term)
	})
	return mux
}

// A consumer moves messages from one list to another.
type consumer struct{ rdb *redis.Client }

// consume is the work of the leader. When ctx ends it takes nothing new, and finishes
// what it has under the drain context, which lasts while leadership is kept. So a restart
// loses no message.
func (c consumer) consume(ctx context.Context, term election.Term) error {
	drain := election.Drain(ctx)
	for ctx.Err() == nil {
		message, err := c.rdb.LPop(drain, "messages").Result()
		switch {
		case errors.Is(err, redis.Nil): // none there
			pause(ctx, 20*time.Millisecond)
		case err != nil:
			return err
		default:
			if err := c.process(drain, message, term); err != nil {
				return err
			}
		}
	}
	return nil
}

// process takes some milliseconds for a message. A real one hands the term to whatever it
// writes to, and has that refuse a lower one: see docs/fencing.md.
func (c consumer) process(ctx context.Context, message string, _ election.Term) error {
	pause(ctx, 5*time.Millisecond)
	return c.rdb.RPush(ctx, "processed", message).Err()
}

// poll runs when a copy is elected, and then every minute.
func poll(ctx context.Context, term election.Term) error {
	slog.InfoContext(ctx, "polled", "term", term)
	return nil
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// demonstrate runs three copies on a stand-in for Redis, restarts the consuming one again
// and again, and counts what became of the messages.
func demonstrate(ctx context.Context, restart time.Duration) error {
	server := miniredis.NewMiniRedis()
	if err := server.Start(); err != nil {
		return err
	}
	defer server.Close()
	rdb := redis.NewClient(&redis.Options{Addr: server.Addr()})
	defer rdb.Close()

	var all sync.WaitGroup
	defer all.Wait()
	copies := map[string]*instance{}
	for _, id := range []string{"A", "B", "C"} {
		copies[id] = start(&all, server.Addr(), id)
		defer copies[id].stop()
	}
	sent := 0
	for last := time.Now(); ctx.Err() == nil; pause(ctx, 10*time.Millisecond) {
		if err := rdb.RPush(context.WithoutCancel(ctx), "messages", sent).Err(); err != nil {
			return err
		}
		sent++
		if time.Since(last) > restart {
			last = time.Now()
			restartLeader(ctx, rdb, copies)
		}
	}
	return count(rdb, sent)
}

// restartLeader restarts the copy that consumes, as a deployment does.
func restartLeader(ctx context.Context, rdb *redis.Client, copies map[string]*instance) {
	e, err := election.New(rdb, election.Config{Name: "consumer"})
	if err != nil {
		log.Fatal(err)
	}
	leader, err := e.Leader(ctx)
	if err != nil || leader.Nobody() {
		return
	}
	say("%s is restarted", leader.ID)
	copies[leader.ID].restart()
}

// count waits until all messages are processed and compares them with those sent.
func count(rdb *redis.Client, sent int) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for rdb.LLen(ctx, "processed").Val() < int64(sent) && ctx.Err() == nil && rdb.LLen(ctx, "messages").Val() > 0 {
		pause(ctx, 10*time.Millisecond)
	}
	pause(ctx, 100*time.Millisecond) // the last one is in hand
	times := map[string]int{}
	for _, message := range rdb.LRange(ctx, "processed", 0, -1).Val() {
		times[message]++
	}
	lost, doubled := 0, 0
	for n := range sent {
		switch times[strconv.Itoa(n)] {
		case 0:
			lost++
		case 1:
		default:
			doubled++
		}
	}
	say("%d messages: %d lost, %d doubled", sent, lost, doubled)
	if lost+doubled > 0 {
		return errors.New("messages were lost or doubled")
	}
	return nil
}

// instance is one copy of the demonstration.
type instance struct {
	all     *sync.WaitGroup
	addr    string
	id      string
	cancel  context.CancelFunc
	stopped chan struct{}
}

func start(all *sync.WaitGroup, addr, id string) *instance {
	i := &instance{all: all, addr: addr, id: id}
	i.begin()
	return i
}

func (i *instance) begin() {
	ctx, cancel := context.WithCancel(context.Background())
	i.cancel, i.stopped = cancel, make(chan struct{})
	stopped := i.stopped
	i.all.Go(func() {
		defer close(stopped)
		defaults := election.Config{
			ID: i.id, Lease: 5 * time.Second, Logger: slog.New(slog.DiscardHandler), Observer: i.observe,
			Bootstrap: election.BootstrapImmediate, // the stand-in is new: nobody led before
		}
		if err := serve(ctx, "redis://"+i.addr, "", defaults); err != nil {
			log.Fatal(err)
		}
	})
}

func (i *instance) stop() { i.cancel(); <-i.stopped }

func (i *instance) restart() { i.stop(); i.begin() }

func (i *instance) observe(ev election.Event) {
	switch ev.Kind {
	case election.KindElected:
		say("%s is elected %s in term %d, after %v with nobody", i.id, ev.Name, ev.Term, ev.Gap.Round(10*time.Microsecond))
	case election.KindReleased:
		say("%s has released %s", i.id, ev.Name)
	}
}

func say(format string, args ...any) {
	fmt.Println(time.Now().Format(time.TimeOnly), fmt.Sprintf(format, args...))
}
