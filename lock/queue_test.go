package lock

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Calls of one process queue in the process, and one of them stands in Redis.
func TestCallsOfAProcessAreServedInTheirOrder(t *testing.T) {
	bubble(t, true, func(w *world) {
		a, b := w.process("a"), w.process("b")
		go func() { _ = b.Do(w.Context(), "x", w.works("b", time.Second)) }()
		var all sync.WaitGroup
		var want []string
		for i := range 5 {
			w.at(time.Duration(i+1) * time.Millisecond)
			all.Go(func() {
				if err := a.Do(w.Context(), "x", w.works(fmt.Sprint(i), time.Second)); err != nil {
					w.Error(err)
				}
			})
			want = append(want, fmt.Sprintf("%ds %d begins", i+1, i), fmt.Sprintf("%ds %d ends", i+2, i))
		}
		w.at(500 * time.Millisecond)
		if f := w.fields(); len(f["w:x"]) > len("0123456789abcdef:1:1") {
			w.Errorf("more than one stands in Redis: %q", f["w:x"])
		}
		all.Wait()
		w.expect(append([]string{"0s b begins", "1s b ends"}, want...)...)
	})
}

// Over processes it is first come, first served, too; a process that holds the lock and wants it
// again comes last.
func TestProcessesAreServedInTheirOrder(t *testing.T) {
	bubble(t, true, func(w *world) {
		a, b, c := w.process("a"), w.process("b"), w.process("c")
		var all sync.WaitGroup
		for i, p := range []*process{a, b, c, a} {
			w.at(time.Duration(i) * 10 * time.Millisecond)
			all.Go(func() { _ = p.Do(w.Context(), "x", w.works(fmt.Sprint(i), time.Second)) })
		}
		all.Wait()
		w.expect("0s 0 begins", "1s 0 ends", "1s 1 begins", "2s 1 ends", "2s 2 begins", "3s 2 ends", "3s 3 begins", "4s 3 ends")
	})
}

func TestACallThatQueuesInItsProcessGivesUp(t *testing.T) {
	bubble(t, true, func(w *world) {
		a := w.process("a")
		var all sync.WaitGroup
		all.Go(func() { _ = a.Do(w.Context(), "x", w.works("0", 2*time.Second)) })
		w.at(time.Millisecond)
		all.Go(func() { _ = a.Try(w.Context(), "x", 5*time.Second, w.works("1", time.Second)) })
		w.at(2 * time.Millisecond)
		all.Go(func() {
			if err := a.Try(w.Context(), "x", time.Second, nothing); err == nil {
				w.Error("granted")
			}
			w.note("2 gave up")
		})
		w.at(3 * time.Millisecond)
		all.Go(func() { _ = a.Do(w.Context(), "x", w.works("3", time.Second)) })
		w.at(4 * time.Millisecond)
		if err := a.Try(w.Context(), "x", 0, nothing); err == nil {
			w.Error("overtaken")
		}
		all.Wait()
		w.expect("0s 0 begins", "1.002s 2 gave up", "2s 0 ends", "2s 1 begins", "3s 1 ends", "3s 3 begins", "4s 3 ends")
	})
}

// Calls that are not nested exclude each other, in one process too.
func TestManyCallsShareAName(t *testing.T) {
	bubble(t, true, func(w *world) {
		ps := []*process{w.process("a"), w.process("b"), w.process("c")}
		var all sync.WaitGroup
		inside, done := 0, 0
		var last Term
		for i := range 60 {
			all.Go(func() {
				err := ps[i%3].Do(w.Context(), "x", func(_ context.Context, term Term) error {
					if inside++; inside != 1 || term <= last {
						w.Errorf("%d inside, term %d after %d", inside, term, last)
					}
					last = term
					time.Sleep(time.Millisecond)
					inside--
					done++
					return nil
				})
				if err != nil {
					w.Error(err)
				}
			})
		}
		all.Wait()
		if done != 60 || w.since() > 200*time.Millisecond {
			w.Errorf("%d done in %v", done, w.since())
		}
		if f := w.fields(); len(f) != 3 {
			w.Errorf("left: %v", f)
		}
	})
}

// A grant reaches who waits by a notification, not by the next look.
func TestAHandoverTakesNoTime(t *testing.T) {
	bubble(t, true, func(w *world) {
		a, b := w.process("a"), w.process("b")
		b.client.SetLatency(10 * time.Millisecond)
		go func() { _ = a.Do(w.Context(), "x", w.works("a", time.Second)) }()
		w.at(time.Millisecond)
		_ = b.Do(w.Context(), "x", w.works("b", 0))
		w.expect("0s a begins", "1s a ends", "1.01s b begins", "1.01s b ends")
	})
}

// Without notifications a lock passes at the next look.
func TestWithoutNotificationsTheNextLookServes(t *testing.T) {
	bubble(t, true, func(w *world) {
		a, b := w.process("a"), w.process("b")
		ctx, cancel := context.WithCancel(w.Context())
		defer cancel()
		go func() { _ = a.Do(ctx, "x", w.works("a", time.Second)) }()
		w.at(time.Millisecond)
		go func() { _ = b.Do(ctx, "x", w.works("b", 0)) }()
		w.at(2 * time.Millisecond)
		b.mustBeDeaf()
		w.at(3 * time.Second)
		synctest.Wait()
		beat := b.timing.Beat
		w.expect("0s a begins", "1s a ends", fmt.Sprintf("%v b begins", time.Millisecond+2*beat), fmt.Sprintf("%v b ends", time.Millisecond+2*beat))
	})
}

// mustBeDeaf has the process listen to nothing any more.
func (p *process) mustBeDeaf() {
	p.w.Helper()
	p.Space.mu.Lock()
	stop := p.session.stop
	p.Space.mu.Unlock()
	stop()
	synctest.Wait()
}

// More processes wait than a queue has places: those without one look each beat, and all are
// served.
func TestMoreWaitThanAQueueHasPlaces(t *testing.T) {
	bubble(t, true, func(w *world) {
		var all sync.WaitGroup
		var mu sync.Mutex
		inside, done := 0, 0
		add := func(n int) {
			mu.Lock()
			defer mu.Unlock()
			if inside += n; inside > 1 {
				w.Errorf("%d inside", inside)
			}
			done += max(n, 0)
		}
		ps := make([]*process, 40)
		for i := range ps {
			ps[i] = w.process(fmt.Sprint(i))
			all.Go(func() {
				err := ps[i].Do(w.Context(), "x", func(context.Context, Term) error {
					add(1)
					defer add(-1)
					time.Sleep(10 * time.Millisecond)
					return nil
				})
				if err != nil {
					w.Error(err)
				}
			})
		}
		all.Wait()
		if limit := 2 * ps[0].timing.Beat; done != len(ps) || w.since() > limit {
			w.Errorf("%d done in %v, of %v", done, w.since(), limit)
		}
	})
}

// A waiter that stands still is granted the lock, and is waited for a lease.
func TestAWaiterThatStandsStill(t *testing.T) {
	bubble(t, true, func(w *world) {
		a, b, c := w.process("a"), w.process("b"), w.process("c")
		var all sync.WaitGroup
		var began time.Duration
		for i, p := range []*process{a, b, c} {
			w.at(time.Duration(i) * time.Millisecond)
			all.Go(func() {
				if err := p.Do(w.Context(), "x", func(context.Context, Term) error {
					w.note("%c", 'a'+i)
					if p == c {
						began = w.since()
					}
					time.Sleep(time.Second)
					return nil
				}); err != nil {
					w.Error(err)
				}
			})
		}
		w.at(900 * time.Millisecond)
		b.client.Stall()
		w.at(20 * time.Second)
		b.client.Heal()
		all.Wait()
		if began < lease || began > time.Second+lease+a.timing.Beat {
			w.Errorf("the next begins after %v", began)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		if n := len(w.notes); n != 3 || w.notes[0] != "0s a" || !strings.HasSuffix(w.notes[1], " c") || !strings.HasSuffix(w.notes[2], " b") {
			w.Errorf("%q", w.notes)
		}
		w.notes = nil
	})
}

// More calls than connections take turns, also those that open the space: none uses up its
// attempt while it waits.
func TestThousandsOfCallsAtOnce(t *testing.T) {
	bubble(t, false, func(w *world) {
		a := w.process("a")
		a.client.SetLatency(10 * time.Millisecond)
		var all sync.WaitGroup
		failed := make(chan error, 1000)
		for i := range cap(failed) {
			all.Go(func() { failed <- a.Do(w.Context(), fmt.Sprint(i), nothing) })
		}
		all.Wait()
		for range cap(failed) {
			if err := <-failed; err != nil {
				w.Fatal(err)
			}
		}
		if w.since() > 4*lease {
			w.Errorf("it took %v", w.since())
		}
		if conns := a.client.Conns(); conns > callConnections+beatConnections+1 {
			w.Errorf("%d connections", conns)
		}
	})
}
