// Lock shows locks for names that come and go: one at a time, N at a time, once for all,
// and a flash sale.
//
//	go run ./examples/lock                                 # no server: a stand-in in this program
//	go run ./examples/lock -redis redis://localhost:6379   # on your Redis
//
// Each part counts what it promises, and the program fails if a count is wrong. The sale runs
// in processes of their own, which buy the last pieces of a stock all at once.
//
// This file imports nothing that is internal: copy it.
package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"example.com/incumbent/election"
	"example.com/incumbent/lock"
)

// The sale. Its keys have a tag, so that a cluster keeps them together.
const (
	processes = 5
	buyers    = 100 // of each process
	pieces    = 100
	stock     = "{shop}:stock"
	sold      = "{shop}:sold"
)

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	url := flag.String("redis", "", "`URL` of Redis; without it, a stand-in that forgets everything at exit")
	sale := flag.Bool("sell", false, "be one of the processes of the sale, and print what it saw")
	immediate := flag.Bool("immediate", false, "do not wait for a lease on a Redis that knows no locks; for the stand-in")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if *url == "" {
		standIn, err := miniredis.Run()
		if err != nil {
			return err
		}
		defer standIn.Close()
		*url, *immediate = "redis://"+standIn.Addr(), true
		fmt.Fprintln(os.Stderr, "TRYING OUT: no -redis; a stand-in on", standIn.Addr())
	}
	options, err := redis.ParseURL(*url)
	if err != nil {
		return err
	}
	options.ContextTimeoutEnabled = true // else a command outlives the deadline of its context
	rdb := redis.NewClient(options)
	defer rdb.Close()
	config := lock.Config{Name: "shop", Logger: slog.New(slog.DiscardHandler)}
	if *immediate {
		config.Bootstrap = election.BootstrapImmediate
	}
	locks, err := lock.Open(rdb, config)
	if err != nil {
		return err
	}
	if *sale {
		err = sell(ctx, rdb, locks)
	} else {
		err = show(ctx, rdb, locks, *url, *immediate)
	}
	return errors.Join(err, locks.Close())
}

func show(ctx context.Context, rdb *redis.Client, locks *lock.Space, url string, immediate bool) error {
	for _, part := range []func(context.Context, *lock.Space) error{oneAtATime, someAtATime, onceForAll} {
		if err := part(ctx, locks); err != nil {
			return err
		}
	}
	return flashSale(ctx, rdb, url, immediate)
}

// oneAtATime ships an order from many places, never from two at once.
func oneAtATime(ctx context.Context, locks *lock.Space) error {
	var shipping crowd
	ship := func(ctx context.Context, _ lock.Term) error { return shipping.work(ctx, 5*time.Millisecond) }
	err := together(20, func(int) error {
		// It waits for at most 15 s: longer than the lease, for which the first lock ever on a Redis
		// waits. The work may take as long as it likes.
		return locks.Try(ctx, "order-4711", 15*time.Second, func(ctx context.Context, _ lock.Term) error {
			return locks.Do(ctx, "order-4711", ship) // the same name inside: runs at once
		})
	})
	fmt.Printf("order-4711  %d callers shipped, at most %d at a time\n", shipping.all.Load(), shipping.most.Load())
	return want(err, shipping.all.Load() == 20 && shipping.most.Load() == 1)
}

// someAtATime calls a service that takes five callers.
func someAtATime(ctx context.Context, locks *lock.Space) error {
	var calling crowd
	seats := locks.Seats("geo-api", 5)
	call := func(ctx context.Context, _ lock.Term) error { return calling.work(ctx, 20*time.Millisecond) }
	err := together(20, func(int) error { return seats.Do(ctx, call) })

	sixth := errors.New("nobody was refused")
	refused := make(chan struct{})
	err = errors.Join(err, together(6, func(int) error {
		err := seats.Try(ctx, 0, func(context.Context, lock.Term) error { // five hold their seats until the sixth was refused
			<-refused
			return nil
		})
		if errors.Is(err, lock.ErrHeld) {
			sixth = err
			close(refused)
			return nil
		}
		return err
	}))
	fmt.Printf("geo-api     %d callers called, at most %d at a time; the sixth got: %v\n", calling.all.Load(), calling.most.Load(), sixth)
	return want(err, calling.all.Load() == 20 && calling.most.Load() == 5)
}

type receipt struct {
	ID string `json:"id"`
}

// onceForAll charges a request once, however often it comes.
func onceForAll(ctx context.Context, locks *lock.Space) error {
	var charged crowd
	request := func(key, body string) (receipt, error) {
		sum := sha256.Sum256([]byte(body))
		return lock.Once(ctx, locks, key, lock.OnceConfig{Fingerprint: fmt.Sprintf("%x", sum[:16])},
			func(ctx context.Context, term lock.Term) (receipt, error) {
				return receipt{fmt.Sprint("r-", term)}, charged.work(ctx, 10*time.Millisecond)
			})
	}
	key := fmt.Sprint("payment-", time.Now().UnixNano()) // the Idempotency-Key of a request
	var receipts [20]receipt
	err := together(len(receipts), func(i int) (err error) {
		receipts[i], err = request(key, "10 EUR")
		return err
	})
	_, other := request(key, "1000 EUR")
	different := len(slices.Compact(receipts[:]))
	fmt.Printf("payment     20 requests, charged %d time(s), %d receipt; the key with another body: %v\n", charged.all.Load(), different, other)
	return want(err, charged.all.Load() == 1 && different == 1 && errors.Is(other, lock.ErrMismatch))
}

// flashSale lets 500 callers in 5 processes buy 100 pieces.
func flashSale(ctx context.Context, rdb *redis.Client, url string, immediate bool) error {
	if err := errors.Join(rdb.Set(ctx, stock, pieces, 0).Err(), rdb.Del(ctx, sold).Err()); err != nil {
		return err
	}
	begin := time.Now()
	var outs [processes][]byte
	err := together(processes, func(i int) (err error) {
		shop := exec.CommandContext(ctx, os.Args[0], "-redis", url, "-sell", fmt.Sprintf("-immediate=%v", immediate))
		shop.Stderr = os.Stderr
		outs[i], err = shop.Output()
		return err
	})
	if err != nil {
		return err
	}
	took, bought, waits := time.Since(begin), 0, []time.Duration(nil)
	for _, out := range outs {
		var shop saw
		if err := json.Unmarshal(out, &shop); err != nil {
			return err
		}
		bought += shop.Bought
		waits = append(waits, shop.Waits...)
	}
	slices.Sort(waits)
	left, count := rdb.Get(ctx, stock).Val(), rdb.LLen(ctx, sold).Val()
	fmt.Printf("flash sale  %d callers in %d processes: %d of %d pieces sold, %s left; %d calls in %v, wait p50 %v, p99 %v\n",
		len(waits), processes, count, pieces, left, len(waits), took.Round(time.Millisecond),
		waits[len(waits)/2].Round(time.Millisecond), waits[len(waits)*99/100].Round(time.Millisecond))
	return want(nil, bought == pieces && count == pieces && left == "0")
}

// saw is what a process of the sale prints.
type saw struct {
	Bought int             `json:"bought"`
	Waits  []time.Duration `json:"waits"` // for the lock, of each caller
}

// sell is one process of the sale.
func sell(ctx context.Context, rdb *redis.Client, locks *lock.Space) error {
	var bought atomic.Int64
	waits := make([]time.Duration, buyers)
	err := together(buyers, func(i int) error {
		begin := time.Now()
		return locks.Do(ctx, "sale", func(ctx context.Context, _ lock.Term) error {
			waits[i] = time.Since(begin)
			ok, err := buy(ctx, rdb)
			if ok {
				bought.Add(1)
			}
			return err
		})
	})
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(saw{int(bought.Load()), waits})
}

// buy reads the stock, and then writes it: without the lock, two would sell the same piece.
func buy(ctx context.Context, rdb *redis.Client) (bool, error) {
	left, err := rdb.Get(ctx, stock).Int()
	if err != nil || left == 0 {
		return false, err
	}
	return true, errors.Join(rdb.RPush(ctx, sold, left).Err(), rdb.Set(ctx, stock, left-1, 0).Err())
}

// crowd counts who works, and how many did at a time.
type crowd struct{ now, most, all atomic.Int64 }

func (c *crowd) work(ctx context.Context, d time.Duration) error {
	now := c.now.Add(1)
	defer c.now.Add(-1)
	for most := c.most.Load(); now > most; most = c.most.Load() {
		if c.most.CompareAndSwap(most, now) {
			break
		}
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		c.all.Add(1)
		return nil
	}
}

// together calls f n times at once.
func together(n int, f func(i int) error) error {
	var all errgroup.Group
	for i := range n {
		all.Go(func() error { return f(i) })
	}
	return all.Wait()
}

func want(err error, ok bool) error {
	if ok {
		return err
	}
	return cmp.Or(err, errors.New("that is not what was promised"))
}
