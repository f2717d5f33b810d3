package register

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// stuckStore hangs in its first calls, whatever their contexts say.
type stuckStore struct {
	Store
	hangs atomic.Int32
	open  chan struct{} // closed to let them return
}

func (s *stuckStore) Do(ctx context.Context, requests ...Request) []Reply {
	if s.hangs.Add(-1) >= 0 {
		<-s.open
	}
	return s.Store.Do(ctx, requests...)
}

// answering answers everything at once.
type answering struct{ Store }

func (answering) Do(_ context.Context, requests ...Request) []Reply {
	return make([]Reply, len(requests))
}

// A client's calls that outlive their contexts hold up others for an attempt, and
// no longer.
func TestCallsThatHangHoldUpOthersForAnAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const attempt = time.Second
		s := &stuckStore{Store: answering{}, open: make(chan struct{})}
		s.hangs.Store(requestLanes)
		p := NewBatcher(s, nil, new(atomic.Bool))
		for range requestLanes {
			go p.Do(t.Context(), attempt, Request{})
			synctest.Wait()
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		if r := p.Do(ctx, attempt, Request{}); r.Err != nil || time.Since(began) != attempt {
			t.Errorf("answered with %v after %v, want %v", r.Err, time.Since(began), attempt)
		}
		close(s.open)
		p.Wait()
		if free := p.lanes.Free(); free != requestLanes {
			t.Errorf("%d of %d lanes are free at the end", free, requestLanes)
		}
	})
}

// knowingStore gives up with its context, and knows why.
type knowingStore struct {
	Store
	why error
}

func (s knowingStore) Do(ctx context.Context, requests ...Request) []Reply {
	<-ctx.Done()
	replies := make([]Reply, len(requests))
	for i := range replies {
		replies[i].Err = s.why
	}
	return replies
}

// What the client knows when it gives up is told, rather than that there was no answer.
func TestTheClientsLastWordsAreHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const attempt = time.Second
		refused := errors.New("connection refused")
		for _, c := range []struct {
			s    Store
			want error
			took time.Duration
		}{
			{knowingStore{why: refused}, refused, attempt},
			{&stuckStore{Store: knowingStore{why: refused}, open: make(chan struct{})}, ErrUnavailable, attempt + lastWords},
		} {
			if h, ok := c.s.(*stuckStore); ok {
				h.hangs.Store(1)
				defer close(h.open)
			}
			p := NewBatcher(c.s, nil, new(atomic.Bool))
			began := time.Now()
			if r := p.Do(t.Context(), attempt, Request{}); !errors.Is(r.Err, c.want) || time.Since(began) != c.took {
				t.Errorf("%v after %v, want %v after %v", r.Err, time.Since(began), c.want, c.took)
			}
		}
	})
}

// While beats are late, few looks go in a batch, and everything else as before.
func TestFewLooksWhileBeatsAreLate(t *testing.T) {
	for late, want := range map[bool]int{false: 3 + 100, true: 3 + fewLooks} {
		p := NewBatcher(nil, nil, new(atomic.Bool))
		p.overloaded.Store(late)
		for range 100 {
			p.looks = append(p.looks, &pending{sent: make(chan struct{})})
		}
		for range 3 {
			p.swaps = append(p.swaps, &pending{request: Request{Swap: &Swap{}}, sent: make(chan struct{})})
		}
		if got := len(p.nextBatch()); got != want {
			t.Errorf("late %v: %d requests in a batch, want %d", late, got, want)
		}
	}
}
