package election

// Shows a promise of Lead: when nothing runs nothing is left, and what runs costs little.

import (
	"context"
	"net"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/internal/redistest"
	"example.com/incumbent/internal/register"
)

// While nothing runs nothing is left: no goroutine (the bubble sees to that), no
// connection, no subscription.
func TestNothingIsLeftWhenNothingRuns(t *testing.T) {
	bubble(t, func(w *world) {
		a, b := w.candidate("a", unwrapped), w.candidate("b", unwrapped)
		ra := a.leader(obey)
		rb := b.lead(obey)
		time.Sleep(time.Minute)
		if n := a.link.Conns(); n > register.Connections+1 {
			w.Errorf("the leader has %d connections", n)
		}
		if n := b.link.Conns(); n > register.Connections+1 {
			w.Errorf("the standby has %d connections", n)
		}
		_ = ra.stop()
		rb.begun()
		_ = rb.stop()
		expectNoConns(w, a, b)
	})
}

func expectNoConns(w *world, all ...*candidate) {
	w.Helper()
	synctest.Wait()
	for _, c := range all {
		if n := c.link.Conns(); n != 0 {
			w.Errorf("%s has %d connections although nothing runs", c.ID(), n)
		}
	}
	if n := w.stub.Mini.CurrentConnectionCount(); n != 0 {
		w.Errorf("the server has %d connections", n)
	}
}

func TestNothingIsLeftAfterFaults(t *testing.T) {
	for name, o := range outages {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				a := w.candidate("a", unwrapped)
				r := a.leader(obey)
				time.Sleep(time.Minute)
				o.begin(a)
				time.Sleep(7 * time.Second)
				at := w.since()
				_ = r.stop()
				if took := r.errAt - at; took > a.StopBudget() {
					w.Errorf("Lead returned after %v, its budget is %v", took, a.StopBudget())
				}
				if n := a.link.Conns(); n != 0 {
					w.Errorf("%d connections", n)
				}
				o.end(a)
			})
		})
	}
}

func TestNothingIsLeftAfterManyTerms(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a", unwrapped, once, observing(nil))
		term := func() { _ = a.Lead(w.Context(), func(context.Context, Term) error { return nil }) }
		first, more := 50, redistest.Either(150, 950)
		for range first {
			term()
		}
		goroutines, heap := footprint()
		for range more {
			term()
		}
		expectNoConns(w, a)
		if n := w.written("elected"); n != first+more {
			w.Errorf("%d terms", n)
		}
		expectFootprint(w, goroutines, heap)
	})
}

// A leader and a standby live for two simulated days, or a week.
func TestDaysLeaveNoTrace(t *testing.T) {
	bubble(t, func(w *world) {
		unwatched := observing(nil)
		a, b := w.candidate("a", lease(30*time.Minute), unwatched), w.candidate("b", lease(30*time.Minute), unwatched)
		ra := a.leader(obey)
		rb := b.lead(obey)
		day := func() {
			time.Sleep(24 * time.Hour)
			w.forget()
		}
		day()
		goroutines, heap := footprint()
		conns := a.conns() + b.conns()
		for range redistest.Either(1, 6) {
			day()
		}
		expectFootprint(w, goroutines, heap)
		if n := a.conns() + b.conns(); n > conns {
			w.Errorf("%d connections at the end, %d after a day", n, conns)
		}
		if ra.ctx.Err() != nil || rb.isElected() {
			w.Error("the term ended")
		}
	})
}

// footprint is how many goroutines there are, and how much memory is in use.
func footprint() (goroutines int, heap uint64) {
	synctest.Wait()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return runtime.NumGoroutine(), m.HeapAlloc
}

func expectFootprint(w *world, goroutines int, heap uint64) {
	w.Helper()
	g, h := footprint()
	if g > goroutines+5 {
		w.Errorf("%d goroutines, %d before", g, goroutines)
	}
	if h > heap+2<<20 {
		w.Errorf("%d KB in use, %d before", h>>10, heap>>10)
	}
}

// An idle standby costs a few looks a lease while pushes are heard, and one a
// beat when they are not. It writes nothing.
func TestStandbyIsCheap(t *testing.T) {
	const leases = 40
	bounds := map[string]struct {
		hints   option
		perHour int
	}{
		"with pushes":    {func(*candidate) {}, 3 * leases},
		"without pushes": {deaf, 9 * leases},
	}
	for name, bound := range bounds {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				a, b := w.candidate("a"), w.candidate("b", bound.hints)
				a.leader(obey)
				b.lead(obey)
				time.Sleep(15 * time.Second)
				looks, cas, beats := w.requests("look"), w.requests("cas"), w.written("beat")
				time.Sleep(leases * 15 * time.Second)
				if n := w.requests("look") - looks; n > bound.perHour || n < leases {
					w.Errorf("%d looks in %d leases, want at most %d", n, leases, bound.perHour)
				}
				if n, m := w.requests("cas")-cas, w.written("beat")-beats; n != m {
					w.Errorf("%d requests to write, %d of them beats", n, m)
				}
			})
		})
	}
}

// A server that is away is asked with patience: about once a beat by the campaign,
// and no more often by the subscription.
func TestOutageIsCheap(t *testing.T) {
	bubble(t, func(w *world) {
		w.candidate("z").leader(obey)
		a := w.candidate("a", unwrapped)
		var dials atomic.Int64
		options := a.client.Options() // of which the session makes its own client
		dial := options.Dialer
		options.Dialer = func(ctx context.Context, network, addr string) (net.Conn, error) {
			dials.Add(1)
			return dial(ctx, network, addr)
		}
		a.lead(obey)
		time.Sleep(time.Minute)
		a.cut()
		time.Sleep(time.Minute)
		before := dials.Load()
		time.Sleep(10 * time.Minute)
		if n := dials.Load() - before; n > 2*10*60 {
			w.Errorf("%d dials in ten minutes", n)
		}
		a.heal()
	})
}
