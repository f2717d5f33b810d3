package election

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// stuckStore hangs in its first calls, whatever their contexts say.
type stuckStore struct {
	store
	hangs atomic.Int32
	open  chan struct{} // closed to let them return
}

func (s *stuckStore) Do(ctx context.Context, requests ...request) []reply {
	if s.hangs.Add(-1) >= 0 {
		<-s.open
	}
	return s.store.Do(ctx, requests...)
}

// answering answers everything at once.
type answering struct{ store }

func (answering) Do(_ context.Context, requests ...request) []reply {
	return make([]reply, len(requests))
}

// A client's calls that outlive their contexts hold up others for an attempt, and
// no longer.
func TestCallsThatHangHoldUpOthersForAnAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const attempt = time.Second
		var calls sync.WaitGroup
		s := &stuckStore{store: answering{}, open: make(chan struct{})}
		s.hangs.Store(packetsFlying)
		p := &packets{store: s, calls: &calls, late: new(atomic.Bool)}
		for range packetsFlying {
			go p.do(t.Context(), attempt, request{})
			synctest.Wait()
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		if r := p.do(ctx, attempt, request{}); r.err != nil || time.Since(began) != attempt {
			t.Errorf("answered with %v after %v, want %v", r.err, time.Since(began), attempt)
		}
		close(s.open)
		calls.Wait()
		if p.flying != 0 {
			t.Errorf("%d packets fly for ever", p.flying)
		}
	})
}

// knowingStore gives up with its context, and knows why.
type knowingStore struct {
	store
	why error
}

func (s knowingStore) Do(ctx context.Context, requests ...request) []reply {
	<-ctx.Done()
	replies := make([]reply, len(requests))
	for i := range replies {
		replies[i].err = s.why
	}
	return replies
}

// What the client knows when it gives up is told, rather than that there was no answer.
func TestTheClientsLastWordsAreHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const attempt = time.Second
		var calls sync.WaitGroup
		refused := errors.New("connection refused")
		for _, c := range []struct {
			s    store
			want error
			took time.Duration
		}{
			{knowingStore{why: refused}, refused, attempt},
			{&stuckStore{store: knowingStore{why: refused}, open: make(chan struct{})}, errUnavailable, attempt + lastWords},
		} {
			if h, ok := c.s.(*stuckStore); ok {
				h.hangs.Store(1)
				defer close(h.open)
			}
			p := &packets{store: c.s, calls: &calls, late: new(atomic.Bool)}
			began := time.Now()
			if r := p.do(t.Context(), attempt, request{}); !errors.Is(r.err, c.want) || time.Since(began) != c.took {
				t.Errorf("%v after %v, want %v after %v", r.err, time.Since(began), c.want, c.took)
			}
		}
	})
}

// While beats are late, few looks go in a packet, and everything else as before.
func TestFewLooksWhileBeatsAreLate(t *testing.T) {
	for late, want := range map[bool]int{false: 3 + 100, true: 3 + fewLooks} {
		p := &packets{late: new(atomic.Bool)}
		p.late.Store(late)
		for range 100 {
			p.looks = append(p.looks, &posted{})
		}
		for range 3 {
			p.swaps = append(p.swaps, &posted{request: request{swap: &swap{}}})
		}
		if got := len(p.load()); got != want {
			t.Errorf("late %v: %d requests in a packet, want %d", late, got, want)
		}
	}
}
