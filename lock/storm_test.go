package lock

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/internal/redistest"
)

// storm is what must hold whatever fails: of each name as many at a time as it has seats, and
// no term twice.
type storm struct {
	*world

	random *rand.Rand
	mu     sync.Mutex
	inside map[string]int
	terms  map[Term]bool
	grants int
}

// The network of each process fails at random, and Redis loses its data now and then. After
// that all is granted again, and nothing is left.
func TestStorm(t *testing.T) {
	for range redistest.Either(2, 200) {
		seed := rand.Uint64()
		bubble(t, true, func(w *world) {
			s := &storm{world: w, random: rand.New(rand.NewPCG(seed, 0)), inside: map[string]int{}, terms: map[Term]bool{}}
			s.run()
			if t.Failed() {
				t.Logf("seed %d", seed)
			}
		})
	}
}

func (s *storm) run() {
	ctx, cancel := context.WithCancel(s.Context())
	var callers sync.WaitGroup
	var ps []*process
	for _, id := range []string{"a", "b", "c", "d"} {
		p := s.process(id)
		ps = append(ps, p)
		for range 3 {
			random := rand.New(rand.NewPCG(s.random.Uint64(), 1))
			callers.Go(func() { s.calls(ctx, p, random) })
		}
	}
	for s.since() < 30*time.Second {
		time.Sleep(time.Duration(s.random.Int64N(int64(3 * time.Second))))
		s.fault(ps[s.random.IntN(len(ps))])
	}
	for _, p := range ps {
		p.client.Heal()
	}
	cancel()
	callers.Wait()
	_, release, err := ps[0].Hold(s.Context(), "calm", 2*lease)
	if err != nil {
		s.Fatal(err)
	}
	time.Sleep(5 * lease) // a cleanup meets what is left of late requests, judges it, and removes it
	_ = release()
	for _, name := range []string{"x", "y", "z"} {
		if err := ps[0].Try(s.Context(), name, 2*lease, nothing); err != nil {
			s.Errorf("%s is stuck: %v", name, err)
		}
	}
	for _, p := range ps {
		if err := p.Close(); err != nil {
			s.Error(err)
		}
	}
	synctest.Wait()
	if left := s.fields(); len(left) != 0 {
		s.Errorf("left: %v", left)
	}
	if s.grants < 5 {
		s.Errorf("only %d grants", s.grants)
	}
}

func (s *storm) fault(p *process) {
	switch s.random.IntN(8) {
	case 0:
		p.client.Cut()
	case 1:
		p.client.BlackHole()
	case 2:
		p.client.Stall()
	case 3:
		p.client.LoseReplies(1 + s.random.IntN(3))
	case 4:
		s.redis.FlushAll()
	default:
		p.client.Heal()
	}
}

// calls asks for one lock after the other.
func (s *storm) calls(ctx context.Context, p *process, random *rand.Rand) {
	for ctx.Err() == nil {
		name := []string{"x", "y", "z"}[random.IntN(3)]
		works := time.Duration(random.Int64N(int64(time.Second)))
		work := func(ctx context.Context, term Term) error { return s.work(ctx, name, term, works) }
		wait := time.Duration(random.Int64N(int64(4 * time.Second)))
		if name == "z" {
			_ = p.Seats(name, 2).Try(ctx, wait, work)
		} else {
			_ = p.Try(ctx, name, wait, work)
		}
		select {
		case <-time.After(time.Duration(random.Int64N(int64(200 * time.Millisecond)))):
		case <-ctx.Done():
		}
	}
}

func (s *storm) work(ctx context.Context, name string, term Term, d time.Duration) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	s.once(term)
	s.enter(name, 1)
	defer s.enter(name, -1)
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (s *storm) enter(name string, by int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inside[name] += by
	if by > 0 {
		s.grants++
	}
	limit := 1
	if name == "z" {
		limit = 2
	}
	if s.inside[name] > limit {
		s.Errorf("%d work under %s at %v", s.inside[name], name, s.since())
	}
}

func (s *storm) once(term Term) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.terms[term] {
		s.Errorf("term %d twice", term)
	}
	s.terms[term] = true
}
