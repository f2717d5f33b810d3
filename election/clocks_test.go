package election

// Shows S1 and S3: no two works run at a time, and trust ends in time, at the bounds of the
// clocks and through stalls.

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/link"
	"example.com/incumbent/internal/redistest"
)

// rates are clocks at the bound that is allowed for.
var rates = []float64{0.95, 1, 1.05}

// The slowest leader that is allowed, with the longest grace that is allowed and
// work that uses all of it, before the fastest standby: they never overlap, at
// whatever moment the leader is cut off, and however its pushes and answers
// travel.
func TestWorksNeverOverlapAtTheBoundOfTheClocks(t *testing.T) {
	t.Parallel()
	for _, slow := range rates {
		for _, fast := range rates {
			phases := redistest.Either(2, 4)
			for phase := range phases {
				bubble(t, func(w *world) {
					cutOffAtTheBound(w, slow, fast, 2*time.Second*time.Duration(phase)/time.Duration(phases))
				})
			}
		}
	}
}

func cutOffAtTheBound(w *world, slow, fast float64, phase time.Duration) {
	never := chance(func() float64 { return 0 }) // neither jitter nor a random delay
	a := w.candidate("a", rate(slow), never, longGrace)
	ra := a.leader(a.lingering(a.Timing().Grace))
	a.link.SetLatency(600 * time.Millisecond)
	rb := w.candidate("b", rate(fast), never).lead(obey)
	time.Sleep(time.Minute + phase)
	a.cut()
	last := w.lastWrite().at
	rb.begun()
	if want := last + time.Duration(15/fast*1e9); rb.at < want-time.Microsecond || rb.at > want+time.Microsecond {
		w.Errorf("rates %v, %v: took over %v after the last beat, want %v", slow, fast, rb.at-last, want-last)
	}
	if !isClosed(ra.ended) {
		_ = ra.wait()
	}
}

// longGrace sets the longest grace that the lease has room for.
func longGrace(c *candidate) {
	l := c.cfg.Lease
	if l == 0 {
		l = 15 * time.Second
	}
	c.cfg.Grace = heartbeat.ForLease(l).MaxGrace().Truncate(time.Millisecond)
}

// The answers of a leader are held back while its pushes arrive: what counts for
// the leader is when it sent, not when it was answered.
func TestWorksNeverOverlapWhenAnswersAreSlow(t *testing.T) {
	for _, held := range []time.Duration{500, 1000, 1400, 3000, 6000, 8000} {
		bubble(t, func(w *world) {
			a := w.candidate("a", rate(0.95), longGrace)
			ra := a.leader(a.lingering(a.Timing().Grace))
			rb := w.candidate("b", rate(1.05), chance(func() float64 { return 0 })).lead(obey)
			time.Sleep(time.Minute)
			w.trap("beat", "a", 1, func(arrival) {
				a.link.Stall(link.ToClient)
				time.AfterFunc(held*time.Millisecond, func() {
					a.link.Stall(link.ToServer) // what was answered arrives, and nothing more is sent
					a.link.Resume(link.ToClient)
				})
			})
			rb.begun()
			_ = ra.wait()
		})
	}
}

// A leader that is stalled at any moment of a beat interval, for any time, never
// sees its context alive after another was elected; and a short stall costs
// nothing.
func TestStalledLeaderNeverBelievesTooLong(t *testing.T) {
	t.Parallel()
	for _, length := range []time.Duration{300 * time.Millisecond, 6 * time.Second, 8 * time.Second, 12 * time.Second, 16 * time.Second, 40 * time.Second} {
		t.Run(fmt.Sprint(length), func(t *testing.T) {
			bubble(t, func(w *world) {
				w.zombies = true
				phases := redistest.Either(7, 20)
				for i := range phases { // one starts each 100 ms
					at := 10*time.Second - time.Duration(i)*100*time.Millisecond/time.Duration(phases) + time.Nanosecond
					stallOnce(w, fmt.Sprint("election", i), at, length)
				}
				time.Sleep(time.Minute + length)
			})
		})
	}
}

// stallOnce lets a leader of an election of its own work step by step, and stalls
// it later.
func stallOnce(w *world, name string, after, length time.Duration) {
	named := configured(func(c *Config) { c.Name = name })
	a, b := w.candidate("a", named, latency(3*time.Millisecond)), w.candidate("b", named)
	time.AfterFunc(after, func() { a.clock.Stall(length) })
	var deposed atomic.Bool
	a.background(func(ctx context.Context, _ Term) error {
		for ; ctx.Err() == nil; time.Sleep(20 * time.Millisecond) {
			if deposed.Load() {
				w.Errorf("stalled after %v for %v: Err() = nil at %v after another was elected", after, length, w.since())
			}
		}
		return nil
	}, 50*time.Second+length)
	time.Sleep(100 * time.Millisecond)
	b.background(func(ctx context.Context, term Term) error {
		deposed.Store(true)
		if length < time.Second {
			w.Errorf("a stall of %v after %v cost the term", length, after)
		}
		return obey(ctx, term)
	}, 49*time.Second+length)
}

// background leads once, for d at most.
func (c *candidate) background(work Work, d time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	ended := make(chan struct{})
	c.w.Cleanup(func() { cancel(); <-ended })
	go func() {
		defer close(ended)
		_ = c.Lead(ctx, work)
	}()
}

// Any clock that says "over" ends trust.
func TestWallClockForwardEndsTheTerm(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		r := a.leader(obey)
		rb := w.candidate("b").lead(obey)
		time.Sleep(time.Minute)
		at := w.since()
		a.clock.StepWall(time.Hour)
		if a.IsLeader() || r.ctx.Err() == nil {
			w.Error("leads an hour after its last beat, by the wall clock")
		}
		if err := r.wait(); !errors.Is(err, ErrExpired) || r.errAt != at {
			w.Errorf("Lead = %v after %v, want %v at once", err, r.errAt-at, ErrExpired)
		}
		rb.begun()
		if rb.at > at+time.Second {
			w.Errorf("successor after %v: leadership was not released", rb.at-at)
		}
	})
}

// Nobody asks, and still the term ends at the next beat.
func TestWallClockForwardIsNoticedByTheBeats(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		r := a.leader(obey)
		time.Sleep(time.Minute)
		a.clock.StepWall(10 * time.Second)
		at := w.since()
		<-r.ctx.(*workContext).Context.Done() // asks no clock
		if got := w.since() - at; got > a.Timing().Beat {
			w.Errorf("the term ended after %v, want within a beat", got)
		}
		_ = r.wait()
		again := a.leader(obey)
		time.Sleep(time.Minute)
		if again.ctx.Err() != nil {
			w.Errorf("the next term ended too: %v", a.kinds())
		}
	})
}

func TestWallClockForwardDeposesNobody(t *testing.T) {
	bubble(t, func(w *world) {
		a, b := w.candidate("a"), w.candidate("b")
		ra := a.leader(obey)
		rb := b.lead(obey)
		time.Sleep(time.Minute)
		for range 10 {
			b.clock.StepWall(time.Hour)
			time.Sleep(10 * time.Second)
		}
		if rb.isElected() || ra.ctx.Err() != nil {
			w.Error("a wall clock deposed somebody")
		}
		last := w.lastWrite().at
		a.swallow()
		rb.begun()
		if rb.at != last+15*time.Second+spread {
			w.Errorf("took over after %v", rb.at-last)
		}
	})
}

func TestWallClockBackwardsIsNothing(t *testing.T) {
	bubble(t, func(w *world) {
		a, b := w.candidate("a"), w.candidate("b")
		ra := a.leader(obey)
		rb := b.lead(obey)
		for range 10 {
			time.Sleep(10 * time.Second)
			a.clock.StepWall(-time.Hour)
			b.clock.StepWall(-time.Hour)
		}
		if rb.isElected() || ra.ctx.Err() != nil {
			w.Errorf("the term ended: %v", a.kinds())
		}
		last := a.anchor()
		a.swallow()
		if at, _ := ra.over(); at != a.trustFrom(last) {
			w.Errorf("trust ended after %v", at-last)
		}
		rb.begun()
	})
}

// A standby that is stalled measures no lease that it did not watch: it wakes up,
// sees that the leader has gone on, and deposes nobody.
func TestStalledStandbyDeposesNobody(t *testing.T) {
	t.Parallel()
	for _, hints := range []option{func(*candidate) {}, deaf} {
		phases := redistest.Either(3, 8)
		for phase := range phases {
			bubble(t, func(w *world) {
				a, b := w.candidate("a"), w.candidate("b", hints)
				ra := a.leader(obey)
				rb := b.lead(obey)
				time.Sleep(time.Minute + 4*time.Second*time.Duration(phase)/time.Duration(phases))
				for _, length := range []time.Duration{14, 16, 100} {
					b.clock.Stall(length * time.Second)
					time.Sleep((length + 20) * time.Second)
				}
				if rb.isElected() || ra.ctx.Err() != nil || a.count(KindRecordLost) != 0 {
					w.Errorf("a stalled standby deposed the leader: %v, %v", a.kinds(), b.kinds())
				}
			})
		}
	}
}
