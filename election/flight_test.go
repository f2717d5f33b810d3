package election

import (
	"container/heap"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/seam"
)

// hangingStore hangs in its first calls, whatever their contexts say.
type hangingStore struct {
	store
	hangs atomic.Int32
	open  chan struct{} // closed to let them return
}

func (s *hangingStore) Do(ctx context.Context, requests ...request) []reply {
	if s.hangs.Add(-1) >= 0 {
		<-s.open
	}
	return s.store.Do(ctx, requests...)
}

// A client's calls that outlive their contexts hold up others for an attempt, and
// no longer.
func TestCallsThatHangHoldUpOthersForAnAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const attempt = time.Second
		var calls sync.WaitGroup
		clock := seam.NewSystem()
		s := &hangingStore{store: &instantStore{clock: clock}, open: make(chan struct{})}
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
			{&hangingStore{store: knowingStore{why: refused}, open: make(chan struct{})}, ErrUnavailable, attempt + lastWords},
		} {
			if h, ok := c.s.(*hangingStore); ok {
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

// The same of beats: those of other terms go on after an attempt.
func TestBeatsThatHangHoldUpOthersForAnAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := seam.NewSystem()
		s := &hangingStore{store: &instantStore{clock: clock}, open: make(chan struct{})}
		s.hangs.Store(beatsFlying)
		b := startBeater(s, clock)
		all := tenures(t, beatsFlying+1, s, clock)
		for _, tn := range all {
			tn.pulse.Hurry(clock.Now())
			b.add(tn)
			synctest.Wait()
		}
		last := all[beatsFlying]
		time.Sleep(last.elector.timing.Attempt)
		synctest.Wait()
		beats := make(chan int64, 1)
		b.do(func() { beats <- last.rec.Beat })
		if n := <-beats; n != 1 {
			t.Errorf("beat %d after an attempt, want the first", n)
		}
		close(s.open)
		for _, tn := range all {
			b.retire(tn)
			tn.end(ErrWorkEnded)
		}
		b.stop()
	})
}

// Of more terms than may be sent, those whose time came first are; and beats that
// wait are late, until nothing waits.
func TestTheMostOverdueBeatFirst(t *testing.T) {
	clock := &handClock{}
	const room = beatsFlying * beatsSize
	all := tenures(t, room+100, nil, clock)
	b := &beater{clock: clock}
	for i, tn := range all {
		heap.Push(&b.tenures, entry{tn, heartbeat.Instant{}.Add(time.Duration(len(all)-i) * time.Microsecond)})
	}
	clock.now = clock.now.Add(time.Second)
	if beats := b.due(); len(beats) > room || b.tenures[0].tenure.index != 0 {
		t.Errorf("%d beats, want %d at most", len(beats), room)
	}
	if !b.late.Load() {
		t.Error("beats that waited for most of a second are not late")
	}
	for _, tn := range all[:100] {
		if at := b.tenures[tn.index].at.Mono; at > time.Duration(len(all))*time.Microsecond {
			t.Fatal("a term was stepped before others that were due earlier")
		}
	}
	b.tenures = nil
	if b.due(); b.late.Load() {
		t.Error("late although nothing is to be sent")
	}
}
