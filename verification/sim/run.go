package sim

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/verification/ledger/account"
	"example.com/incumbent/verification/sim/check"
	"example.com/incumbent/verification/trace"
)

// Store names a server.
type Store string

// The servers.
const (
	OnRegister Store = "register"
	OnRedis    Store = "redis"
)

// A Run is one seed on one server.
type Run struct {
	Store Store
	Seed  uint64
	Span  time.Duration // simulated

	// Lease, if set, is the one that most processes have.
	Lease time.Duration

	// Model has package model follow the run, in place of the checker: what the report says
	// of violations is what the model refuses.
	Model bool `json:",omitempty"`

	// Watch, if set, is shown every entry of the history as it is written.
	Watch func(check.Entry) `json:"-"`
}

// A Result is how it went.
type Result struct {
	Run
	check.Report
	Simulated time.Duration
	Took      time.Duration
	Story     string // of the first violation
	Ledger    account.Counts
	Followed  trace.Result // with Run.Model
}

// Do runs it in a bubble of its own. A bubble that does not end is a leak.
func (r Run) Do(t *testing.T) (res Result) {
	res.Run = r
	begun := time.Now()
	emptyPools()
	var w *World
	var history []check.Entry // with Run.Model
	defer func() {
		res.Took = time.Since(begun)
		if p := recover(); p != nil {
			w.history.Complain(check.Leak, fmt.Sprint(p))
			res.Report = w.history.Report()
		}
		res.Story, res.Ledger = w.history.Story(), w.books.counts()
		if r.Model {
			res.follow(history)
		}
	}()
	synctest.Test(t, func(t *testing.T) {
		w = newWorld(r.Seed, r.Lease)
		w.history.Watch(func(e check.Entry) {
			if r.Model {
				history = append(history, e)
			}
			if r.Watch != nil {
				r.Watch(e)
			}
		})
		w.store = r.store(t, w)
		w.live(r.Span)
		res.Simulated = time.Since(w.start)
		w.end()
		res.Report = w.history.Report()
	})
	return res
}

// follow has the model follow the history of a run. What is left of the checker's report is
// whether the run came to its end.
func (r *Result) follow(history []check.Entry) {
	r.Violations = slices.DeleteFunc(r.Violations, func(v check.Violation) bool { return v.Rule != check.Leak })
	r.Followed = trace.Follow(history, r.Store == OnRegister)
	if refused := r.Followed.Refused; refused != nil {
		r.Violations = append([]check.Violation{{Rule: check.Model, At: refused.Entry.At, Text: refused.String()}}, r.Violations...)
		r.Story = refused.Story(history)
	}
}

func (r Run) store(t testing.TB, w *World) store {
	if r.Store == OnRedis {
		return newServer(t, w)
	}
	return newMapServer(w)
}

// end stops everything and waits until all of it is gone.
func (w *World) end() {
	w.history.Add(0, check.Storm{})
	w.heal()
	for _, p := range w.all {
		p.cancel()
		w.sleep(time.Microsecond)
	}
	for _, p := range w.all {
		<-p.gone
	}
	w.store.close()
	w.sleep(10 * w.longest()) // what is late arrives
}

// emptyPools clears the sync.Pools of the client: they keep timers, which belong
// to the bubble that made them.
func emptyPools() {
	runtime.GC() // makes victims of what is in a pool
	runtime.GC() // and lets go of them
}
