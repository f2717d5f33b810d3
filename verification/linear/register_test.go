package linear_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/link"
	"example.com/incumbent/internal/redistest"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/seam"
	"example.com/incumbent/verification/linear"
	"example.com/incumbent/verification/linear/lineartest"
)

// Whatever the network does to requests and answers, what clients are told is
// what one register tells that executes one request after the other.
func TestLinearizable(t *testing.T) {
	var histories []*linear.History
	begun := time.Now()
	synctest.Test(t, func(t *testing.T) {
		stub := redistest.NewStub(t)
		admin := stub.Client(stub.Link())
		s := registerServer(t, admin, func() (*redis.Client, linear.Network) {
			l := stub.Link()
			return stub.Client(l), l
		})
		histories = playHistories(t, s, historyCount(60))
	})
	checkHistories(t, histories, begun)
}

func TestLinearizableOnARealServer(t *testing.T) {
	t.Parallel()
	begun := time.Now()
	running := redistest.Start(t)
	admin := running.Client()
	s := registerServer(t, admin, func() (*redis.Client, linear.Network) {
		l := running.Link()
		return running.ClientThrough(l), l
	})
	disturbed := &disturbed{t: t, admin: admin, server: s}
	s.Put, s.Drop, s.Disturb = disturbed.put, disturbed.drop, disturbed.disturb
	checkHistories(t, playHistories(t, s, historyCount(8)), begun)
}

// disturbed is a server that breaks connections, and that is out of memory now and
// then. What puts and drops waits for that: it may happen once only, and a client
// whose connection breaks asks again.
type disturbed struct {
	t      *testing.T
	admin  *redis.Client
	server linear.Server
	mu     sync.Mutex
}

func (d *disturbed) put(key, bytes string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.server.Put(key, bytes)
}

func (d *disturbed) drop(key string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.server.Drop(key)
}

func (d *disturbed) disturb(random *rand.Rand) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch random.IntN(4) {
	case 0:
		d.admin.ClientKillByFilter(d.t.Context(), "TYPE", "normal", "SKIPME", "yes")
	case 1, 2:
		d.admin.ConfigSet(d.t.Context(), "maxmemory", "1")
		time.Sleep(time.Duration(random.IntN(20)) * time.Millisecond)
		d.admin.ConfigSet(d.t.Context(), "maxmemory", "0")
	default:
		d.server.Disturb(random)
	}
}

// A client that repeats by itself what it has no answer to is no worse.
func TestLinearizableWithAClientThatRetries(t *testing.T) {
	var histories []*linear.History
	begun := time.Now()
	synctest.Test(t, func(t *testing.T) {
		stub := redistest.NewStub(t)
		s := registerServer(t, stub.Client(stub.Link()), func() (*redis.Client, linear.Network) {
			l := stub.Link()
			return stub.Client(l), l
		})
		for i := range s.Clients {
			l := stub.Link()
			r := register.NewRegister(stub.Client(l, func(o *redis.Options) {
				o.MaxRetries, o.ContextTimeoutEnabled, o.ReadTimeout = 2, true, 10*time.Millisecond
				o.MinRetryBackoff, o.MaxRetryBackoff = time.Millisecond, 4*time.Millisecond
			}), seam.NewSystem(), noWarmer)
			s.Clients[i] = registerUser(r, l)
			s.Clients[i].Extra = 2
		}
		histories = playHistories(t, s, historyCount(25))
	})
	checkHistories(t, histories, begun)
}

// A compare-and-set that is a GET and a SET is refuted.
func TestGetThenSetIsNotLinearizable(t *testing.T) {
	var histories []*linear.History
	synctest.Test(t, func(t *testing.T) {
		stub := redistest.NewStub(t)
		s := registerServer(t, stub.Client(stub.Link()), func() (*redis.Client, linear.Network) {
			l := stub.Link()
			return stub.Client(l), l
		})
		for i := range s.Clients {
			l := stub.Link()
			l.SetLatency(time.Millisecond)
			s.Clients[i].Do, s.Clients[i].Network = getThenSet(stub.Client(l)), l
		}
		histories = playHistories(t, s, 20)
	})
	refuted := 0
	for _, h := range histories {
		if h.Check(time.Minute) == linear.Refuted {
			refuted++
		}
	}
	t.Logf("%d of %d histories refuted", refuted, len(histories))
	if refuted < len(histories)/2 {
		t.Error("the check is too weak")
	}
}

func getThenSet(rdb *redis.Client) func(context.Context, []linear.Ask) []linear.Seen {
	return func(ctx context.Context, asks []linear.Ask) []linear.Seen {
		seen := make([]linear.Seen, len(asks))
		for i, a := range asks {
			bytes, err := rdb.Get(ctx, a.Key).Result()
			now := register.Contents{Present: err == nil, Bytes: bytes}
			if err == redis.Nil {
				err = nil
			}
			if err == nil && !a.Look && now == a.Expect {
				now = register.Contents{Present: true, Bytes: a.Next}
				if !a.Expect.Present {
					now.Bytes += " 1"
				}
				err = rdb.Set(ctx, a.Key, now.Bytes, 0).Err()
			}
			seen[i] = linear.Seen{Contents: now, Err: err}
		}
		return seen
	}
}

// registerServer is a Redis with four users, each with a network of its own.
func registerServer(t *testing.T, admin *redis.Client, connect func() (*redis.Client, linear.Network)) linear.Server {
	t.Helper()
	s := linear.Server{
		Put:     func(key, bytes string) { put(t, admin, key, bytes) },
		Drop:    func(key string) { drop(t, admin, key) },
		Disturb: func(*rand.Rand) { admin.ScriptFlush(t.Context()) },
	}
	for range 4 {
		client, network := connect()
		own, _ := register.Derive(client)
		t.Cleanup(func() { _ = own.Close() })
		s.Clients = append(s.Clients, registerUser(register.NewRegister(own, seam.NewSystem(), noWarmer), network))
	}
	return s
}

// registerUser is a register as package linear uses it.
func registerUser(r *register.Register, network linear.Network) linear.Client {
	seen := func(s register.Observation, err error) linear.Seen {
		return linear.Seen{Contents: s.Contents, Err: err}
	}
	return linear.Client{
		Do: func(ctx context.Context, asks []linear.Ask) (all []linear.Seen) {
			var requests []register.Request
			for _, a := range asks {
				q := register.Request{Place: register.Place{Key: a.Key}}
				if !a.Look {
					q.Swap = &register.Swap{Expect: a.Expect, Next: a.Next}
				}
				if a.Apart {
					q.Swap.NotifyFirst = []string{"nobody listens"}
				}
				requests = append(requests, q)
			}
			for _, a := range r.Do(ctx, requests...) {
				all = append(all, seen(a.Observation, a.Err))
			}
			return all
		},
		Peek:    func(ctx context.Context, key string) linear.Seen { return seen(r.Peek(ctx, key)) },
		Network: network,
	}
}

// put writes a key behind everybody's back.
func put(t *testing.T, client *redis.Client, key, bytes string) {
	t.Helper()
	if err := client.Set(t.Context(), key, bytes, 0).Err(); err != nil {
		t.Fatal(err)
	}
}

// drop removes a key behind everybody's back.
func drop(t *testing.T, client *redis.Client, key string) {
	t.Helper()
	if err := client.Del(t.Context(), key).Err(); err != nil {
		t.Fatal(err)
	}
}

// noWarmer connects nothing beside the attempts.
func noWarmer(time.Duration, []register.Request) {}

// playHistories makes histories, each on keys of its own.
func playHistories(t *testing.T, s linear.Server, histories int) (all []*linear.History) {
	t.Helper()
	first := lineartest.From(uint64(rand.Uint32()))
	for i := range uint64(histories) {
		seed := first + i
		keys := []string{fmt.Sprintf("incumbent:{%d-a}", seed), fmt.Sprintf("incumbent:{%d-b}", seed)}
		w := linear.Workload{Seed: seed, Keys: keys, Requests: 15, Attempt: 50 * time.Millisecond, Pause: 5 * time.Millisecond, Faults: true}
		all = append(all, w.Run(s))
	}
	t.Logf("seeds from %d", first)
	return all
}

// checkHistories checks histories, and says how many there were.
func checkHistories(t *testing.T, histories []*linear.History, begun time.Time) {
	t.Helper()
	requests, unknown, verdicts := 0, 0, map[linear.Verdict]int{}
	played := time.Since(begun)
	for _, h := range histories {
		n, u := h.Len()
		requests, unknown = requests+n, unknown+u
		v := h.Check(20 * time.Second)
		if verdicts[v]++; v == linear.Refuted {
			t.Errorf("not linearizable:\n%s", h)
		}
	}
	t.Logf("%d histories, %d requests, %d of unknown outcome: %v; played in %v, checked in %v",
		len(histories), requests, unknown, verdicts, played.Round(time.Millisecond), (time.Since(begun) - played).Round(time.Millisecond))
	if verdicts[linear.Undecided] > len(histories)/10 {
		t.Error("too many could not be decided")
	}
	if unknown*100 < requests {
		t.Error("too few answers were lost")
	}
}

// historyCount is how many histories there are: more where that is asked for.
func historyCount(otherwise int) int {
	if testing.Short() {
		otherwise = max(1, otherwise/5)
	}
	return lineartest.Histories(otherwise)
}

var _ linear.Network = (*link.Link)(nil)
