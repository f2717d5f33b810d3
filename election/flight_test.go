package election

import (
	"container/heap"
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/seam"
)

// hangingStore hangs in its first calls, whatever their contexts say.
type hangingStore struct {
	register.Store
	hangs atomic.Int32
	open  chan struct{} // closed to let them return
}

func (s *hangingStore) Do(ctx context.Context, requests ...register.Request) []register.Reply {
	if s.hangs.Add(-1) >= 0 {
		<-s.open
	}
	return s.Store.Do(ctx, requests...)
}

// Beats that hang hold up nothing else: those of other terms go on after an attempt.
func TestBeatsThatHangHoldUpOthersForAnAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := seam.NewSystem()
		s := &hangingStore{Store: &instantStore{clock: clock}, open: make(chan struct{})}
		s.hangs.Store(register.BeatLanes)
		b := startBeater(s, clock)
		all := leaderships(t, register.BeatLanes+1, s, clock)
		for _, tn := range all {
			tn.pulse.Hurry(clock.Now())
			b.add(tn)
			synctest.Wait()
		}
		last := all[register.BeatLanes]
		time.Sleep(last.candidacy.timing.Attempt)
		synctest.Wait()
		beats := make(chan int64, 1)
		b.do(func() { beats <- last.rec.Beat })
		if n := <-beats; n != 2 {
			t.Errorf("beat %d after an attempt, want the first", n)
		}
		close(s.open)
		for _, tn := range all {
			b.retire(tn)
			tn.trust.end(ErrWorkEnded)
		}
		b.stop()
	})
}

// Of more terms than may be sent, those whose time came first are; and beats that
// wait are late, until nothing waits.
func TestTheMostOverdueBeatFirst(t *testing.T) {
	clock := &handClock{}
	const room = register.BeatLanes * beatBatch
	all := leaderships(t, room+100, nil, clock)
	b := newBeater(nil, clock)
	for i, tn := range all {
		tn.due = time.Duration(len(all)-i) * time.Microsecond
		heap.Push(&b.terms, tn)
	}
	clock.now = clock.now.Add(time.Second)
	if beats := b.due(); len(beats) > room || b.terms[0].index != 0 {
		t.Errorf("%d beats, want %d at most", len(beats), room)
	}
	if !b.overloaded.Load() {
		t.Error("beats that waited for most of a second are not late")
	}
	for _, tn := range all[:100] {
		if tn.due > time.Duration(len(all))*time.Microsecond {
			t.Fatal("a term was stepped before others that were due earlier")
		}
	}
	b.terms = nil
	if b.due(); b.overloaded.Load() {
		t.Error("late although nothing is to be sent")
	}
}
