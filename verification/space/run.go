package space

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/verification/space/account"
)

// A Run is one seed.
type Run struct {
	Seed uint64
	Span time.Duration // of storms, simulated
}

// stalls says whether processes stand still, which breaks an assumption: every fourth seed.
func (r Run) stalls() bool { return r.Seed%4 == 0 }

// spreads says whether processes spread a set: half of the seeds, also those with stalls.
func (r Run) spreads() bool { return r.Seed%4 == 0 || r.Seed%4 == 3 }

// cluster says whether the client is one whose publications do not count their listeners.
func (r Run) cluster() bool { return r.Seed%2 == 1 }

// A Result is what came of a run.
type Result struct {
	Run
	account.Counts
	Faults Faults
	Healed time.Duration // until the last of the names that all want was got after all faults
	Took   time.Duration
	Story  []string       `json:"-"`
	Past   []account.Held `json:"-"`
}

// Do runs a seed in a bubble of its own. A bubble that does not end is a leak.
func (r Run) Do(t *testing.T) (res Result) {
	res.Run = r
	begun := time.Now()
	runtime.GC() // makes victims of what is in the pools of the client: timers of another bubble
	runtime.GC() // and lets go of them
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, r)
		w.live()
		res.Counts, res.Faults, res.Healed, res.Story = w.book.Counts(), w.faults, w.oldest, w.book.Story()
		res.Past = w.book.History()
	})
	res.Took = time.Since(begun)
	return res
}

// live is the whole run: storms, a calm, and the end.
func (w *world) live() {
	w.procs = make([]*process, processes)
	for i := range processes {
		w.begin(i)
	}
	w.storm(w.start.Add(w.of.Span))
	w.quiet()
	time.Sleep(bound)
	w.stuck()
	time.Sleep(2 * lease)
	if w.of.spreads() {
		w.balanced(4 * lease)
	} else {
		time.Sleep(4 * lease)
	} // meanwhile what is left of ghosts is cleaned up
	close(w.over)
	for _, p := range w.all() {
		<-p.gone
	}
	time.Sleep(time.Second)
	for _, field := range w.server.left() {
		w.book.Break(account.FieldsLeft, "%s", field)
	}
	w.server.close()
}

// Held reports whether nothing was found.
func (r Result) Held() bool { return len(r.Broken) == 0 }

// Explain says what was found, and how to run it again; "" if nothing was.
func (r Result) Explain() string {
	if r.Held() {
		return ""
	}
	return fmt.Sprintf("seed %d: %v\n%s\n\nrun it again: go run -C verification ./spacerun -from %d -seeds 1 -span %v\n",
		r.Seed, r.Broken, strings.Join(r.Story, "\n"), r.Seed, r.Span)
}
