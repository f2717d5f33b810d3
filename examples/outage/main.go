// Outage shows what becomes of a lock when its holder works for long, hangs or is waited for
// too long, and of leadership when all processes die.
//
//	go run ./examples/outage                                 # no server: a stand-in in this program
//	go run ./examples/outage -redis redis://localhost:6379   # on your Redis
//
// Each part says what it saw, and the program fails if that is not what is promised. It takes
// about a quarter of a minute, since leases of two and three seconds run out.
//
// This file imports nothing that is internal: copy it.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"example.com/incumbent/election"
	"example.com/incumbent/lock"
	"example.com/incumbent/singleton"
)

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	url := flag.String("redis", "", "`URL` of Redis; without it, a stand-in that forgets everything at exit")
	leads := flag.Bool("lead", false, "be one of the candidates, and print the terms that it leads in")
	flag.Parse()
	logging.Disable() // go-redis logs what its calls return as errors anyway
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if *leads {
		return lead(ctx, *url)
	}
	if *url == "" {
		standIn, err := miniredis.Run()
		if err != nil {
			return err
		}
		defer standIn.Close()
		*url = "redis://" + standIn.Addr()
		fmt.Fprintln(os.Stderr, "TRYING OUT: no -redis; a stand-in on", standIn.Addr())
	}
	for _, part := range []func(context.Context, string) error{locks, everybodyDies} {
		if err := part(ctx, *url); err != nil {
			return err
		}
	}
	return nil
}

// lease is how long a silent process is waited for: the shortest that there is. In a service
// take the default, 5 s.
const lease = 2 * time.Second

// A process is one that uses locks, with a network of its own.
type process struct {
	*lock.Space
	rdb  *redis.Client
	lost atomic.Bool // what it sends
}

// start makes what one process has.
func start(url, id string) (*process, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, err
	}
	p := &process{}
	options.ContextTimeoutEnabled, options.Dialer = true, p.dial
	p.rdb = redis.NewClient(options)
	p.Space, err = lock.Open(p.rdb, lock.Config{Name: "outage", ID: id, Lease: lease, Logger: slog.New(slog.DiscardHandler)})
	return p, err
}

func (p *process) close() error { return errors.Join(p.Close(), p.rdb.Close()) }

func (p *process) dial(ctx context.Context, kind, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, kind, address)
	return wire{conn, p}, err
}

// wire is a connection on which all that is sent can get lost, and nobody is told.
type wire struct {
	net.Conn
	process *process
}

func (w wire) Write(b []byte) (int, error) {
	if w.process.lost.Load() {
		return len(b), nil
	}
	return w.Conn.Write(b)
}

// locks shows what two processes see of each other.
func locks(ctx context.Context, url string) error {
	anna, err1 := start(url, "anna")
	ben, err2 := start(url, "ben")
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	err := renewal(ctx, anna, ben)
	if err == nil {
		err = checkedRelease(ctx, anna, ben)
	}
	return errors.Join(err, anna.close(), ben.close())
}

// renewal works for longer than a lease: beats keep the lock. Another gives up waiting.
func renewal(ctx context.Context, anna, ben *process) error {
	var refused error
	begin := time.Now()
	err := anna.Do(ctx, "report", func(working context.Context, _ lock.Term) error { // the first lock ever waits a lease
		begin = time.Now()
		for working.Err() == nil && time.Since(begin) < 2*lease {
			// It waits for at most 0.8 s. Under the context of anna's work it would have the lock at once.
			refused = ben.Try(ctx, "report", 800*time.Millisecond, func(context.Context, lock.Term) error { return nil })
			if !errors.Is(refused, lock.ErrHeld) {
				return fmt.Errorf("two hold the lock: %w", refused)
			}
		}
		return working.Err()
	})
	fmt.Printf("waiting deadline       ben gave up: %v\n", refused)
	fmt.Printf("renewal                anna held the lock for %v, with a lease of %v\n", time.Since(begin).Round(100*time.Millisecond), lease)
	return err
}

// checkedRelease cuts off who holds the lock. Its work has ended when another gets the lock,
// and its release, which comes late, frees nothing.
func checkedRelease(ctx context.Context, anna, ben *process) error {
	holds, ended, released := make(chan lock.Term, 1), make(chan error, 1), make(chan error, 1)
	go func() {
		released <- anna.Do(ctx, "report", func(ctx context.Context, term lock.Term) error {
			holds <- term
			<-ctx.Done()
			ended <- context.Cause(ctx)
			return nil
		})
	}()
	first := <-holds
	anna.lost.Store(true)
	return ben.Do(ctx, "report", func(ctx context.Context, second lock.Term) error {
		var cause error
		select {
		case cause = <-ended:
		default:
			return errors.New("anna works although ben holds the lock")
		}
		anna.lost.Store(false)
		late := <-released
		holders, err := ben.Holders(ctx, "report")
		ok := len(holders) == 1 && holders[0].ID == "ben" && holders[0].Term == second && second > first && ctx.Err() == nil
		fmt.Printf("token-checked release  anna was cut off and stopped (%v); ben holds term %d after %d;\n", cause, second, first)
		fmt.Printf("                       anna's late release freed nothing (%v)\n", late)
		return want(err, ok && errors.Is(cause, lock.ErrExpired) && late != nil)
	})
}

// everybodyDies kills all candidates of an election at once, and starts others.
func everybodyDies(ctx context.Context, url string) error {
	first, kill, err := candidates(ctx, url)
	if err != nil {
		return err
	}
	kill()
	died := time.Now()
	second, kill, err := candidates(ctx, url)
	if err != nil {
		return err
	}
	kill()
	fmt.Printf("all dead, restarted    a candidate led in term %d, all were killed, another led %v later in term %d\n",
		first, time.Since(died).Round(100*time.Millisecond), second)
	return want(nil, second > first)
}

// candidates starts three processes, and waits until one leads. The function that it returns
// kills them, as kill -9 does, and waits until they are gone.
func candidates(ctx context.Context, url string) (term election.Term, kill func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	out, in := io.Pipe()
	var all []*exec.Cmd
	kill = func() {
		cancel()
		_ = out.Close()
		for _, cmd := range all {
			_ = cmd.Wait()
		}
	}
	for range 3 {
		cmd := exec.CommandContext(ctx, os.Args[0], "-lead", "-redis", url)
		cmd.Stdout, cmd.Stderr = in, os.Stderr
		if err := cmd.Start(); err != nil {
			kill()
			return 0, nil, err
		}
		all = append(all, cmd)
	}
	if _, err = fmt.Fscanln(out, &term); err != nil {
		kill()
	}
	return term, kill, err
}

// lead is one of the candidates.
func lead(ctx context.Context, url string) error {
	conn, err := election.ConnectURL(url, election.Config{Lease: 3 * time.Second, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer conn.Close()
	elector, err := conn.Elector(election.Config{Name: "outage"})
	if err != nil {
		return err
	}
	return singleton.Keep(ctx, elector, func(ctx context.Context, term election.Term) error {
		fmt.Println(term)
		<-ctx.Done()
		return nil
	}, singleton.Policy{})
}

func want(err error, ok bool) error {
	if ok {
		return err
	}
	return cmp.Or(err, errors.New("that is not what was promised"))
}
