package linear

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"example.com/incumbent/internal/register"
)

// An Ask is one request: a compare-and-set, or a look.
type Ask struct {
	Key    string
	Look   bool
	Expect register.Contents
	Next   string
	Apart  bool // not in one step with others of the packet, if that makes a difference
}

// A Seen is what an answer shows, or the error that came in its place: then the
// outcome is unknown.
type Seen struct {
	register.Contents
	Err error
}

// A Client is one user of the register.
type Client struct {
	// Peek, if set, looks in another way.
	Peek func(ctx context.Context, key string) Seen
	// Do sends requests in one packet.
	Do func(ctx context.Context, asks []Ask) []Seen
	// Extra is how many times more than it was sent a request may be executed,
	// since the client or the network repeats it.
	Extra int
	// Network is between the client and the server.
	Network Network
}

// A Server is the register, and who has power over it.
type Server struct {
	Clients []Client
	// Put and Drop change a key behind everybody's back, surely and at once.
	Put  func(key, bytes string)
	Drop func(key string)
	// Disturb, if set, does what is in no history but makes requests fail.
	Disturb func(random *rand.Rand)
}

// A Workload is how the clients use it. Its fields are how much; what exactly
// they do depends on the seed and on the scheduler.
type Workload struct {
	Seed     uint64
	Keys     []string
	Requests int           // of each client
	Attempt  time.Duration // after which a client gives a request up
	Pause    time.Duration // at most, before each; none, with 0
	Faults   bool
}

// Run has the clients do it and returns when all of them are done.
func (w Workload) Run(s Server) *History {
	h := &History{}
	shared := &memory{}
	var clients, others sync.WaitGroup
	done := make(chan struct{})
	for i, c := range s.Clients {
		u := &user{Workload: w, Client: c, n: i, history: h, shared: shared, last: map[string]register.Contents{}, random: w.random(uint64(i + 1))}
		clients.Go(u.run)
	}
	others.Go(func() { w.govern(s, h, len(s.Clients), done) })
	if w.Faults {
		others.Go(func() { w.trouble(s, done) })
	}
	clients.Wait()
	close(done)
	others.Wait()
	for i, c := range s.Clients {
		c.Network.Heal()
		u := &user{Workload: w, Client: c, n: i, history: h, shared: shared, last: map[string]register.Contents{}, random: w.random(0)}
		u.lookAround()
	}
	return h
}

func (w Workload) random(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(w.Seed, stream)) }

// govern puts and drops, now and then.
func (w Workload) govern(s Server, h *History, id int, done <-chan struct{}) {
	random := w.random(100)
	for n := 0; rest(random, 6*w.Attempt, done); n++ {
		key := w.Keys[random.IntN(len(w.Keys))]
		called := h.begin()
		r := request{kind: drop, key: key}
		if random.IntN(4) == 0 {
			r.kind, r.next = put, fmt.Sprintf("put %d!", n)
			s.Put(key, r.next)
		} else {
			s.Drop(key)
		}
		h.end(id, called, r, reply{})
	}
}

// rest waits for up to d, and reports false when all is done.
func rest(random *rand.Rand, d time.Duration, done <-chan struct{}) bool {
	select {
	case <-done:
		return false
	case <-time.After(time.Duration(random.Int64N(int64(d)))):
		return true
	}
}

// memory is what all clients know: requests to send again.
type memory struct {
	mu   sync.Mutex
	asks []Ask
}

func (m *memory) add(a ...Ask) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asks = append(m.asks, a...)
}

// any returns one of those that were ever sent.
func (m *memory) any(random *rand.Rand) (Ask, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.asks) == 0 {
		return Ask{}, false
	}
	return m.asks[random.IntN(len(m.asks))], true
}
