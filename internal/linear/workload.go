package linear

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"example.com/incumbent/internal/seam"
)

// A Swap is one compare-and-set.
type Swap struct {
	Key    string
	Expect seam.Contents
	Next   string
}

// A Seen is what an answer shows, or the error that came in its place: then the
// outcome is unknown.
type Seen struct {
	seam.Contents
	Err error
}

// A Client is one user of the register.
type Client struct {
	// Looks are all ways of looking.
	Looks []func(ctx context.Context, key string) Seen
	// CAS sends the swaps in one packet.
	CAS func(ctx context.Context, swaps []Swap) []Seen
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
		u := &user{Workload: w, Client: c, n: i, history: h, shared: shared, last: map[string]seam.Contents{}, random: w.random(uint64(i + 1))}
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
		u := &user{Workload: w, Client: c, n: i, history: h, shared: shared, last: map[string]seam.Contents{}, random: w.random(0)}
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
	mu    sync.Mutex
	swaps []Swap
}

func (m *memory) add(s ...Swap) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.swaps = append(m.swaps, s...)
}

// any returns one of the swaps that were ever sent.
func (m *memory) any(random *rand.Rand) (Swap, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.swaps) == 0 {
		return Swap{}, false
	}
	return m.swaps[random.IntN(len(m.swaps))], true
}
