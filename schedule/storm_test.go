package schedule

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"example.com/incumbent/internal/link"
	"example.com/incumbent/internal/redistest"
)

// Three processes and faults at random: stalls, cuts, lost replies, step-downs, restarts, a
// ledger that is lost. No due time is started twice, and each is started or accounted for.
func TestStorm(t *testing.T) {
	for seed := range redistest.Either(4, 30) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			bubble(t, func(w *world) {
				newStorm(w, uint64(seed)).rage(redistest.Either(6*time.Minute, 20*time.Minute)) //nolint:gosec // small
			})
		})
	}
}

type storm struct {
	w         *world
	random    *rand.Rand
	processes [3]*process
	links     [3]*link.Link
	job       Job
	started   map[time.Time]int
	faults    map[string]int // how often each was
	loses     bool           // the ledger, now and then
}

func newStorm(w *world, seed uint64) *storm {
	s := &storm{w: w, random: rand.New(rand.NewPCG(seed, 1)), started: map[time.Time]int{}, faults: map[string]int{}, loses: seed%2 == 1}
	s.job = Job{Name: "m", Due: Every(5 * time.Second), CatchUp: 1000, Run: s.run}
	return s
}

func (s *storm) run(ctx context.Context, t Tick) error {
	s.w.mu.Lock()
	s.started[t.Due]++
	d := time.Duration(s.random.IntN(3000)) * time.Millisecond
	s.w.mu.Unlock()
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// rage begins faults for a while, then lets the processes rest, and counts.
func (s *storm) rage(d time.Duration) {
	for i := range s.processes {
		s.restart(i)
	}
	for time.Since(s.w.began) < d {
		time.Sleep(time.Duration(s.draw(4000)) * time.Millisecond)
		s.fault(s.draw(3))
	}
	s.heal()
	s.w.at(d + 2*time.Minute)
	for _, p := range s.processes {
		_ = p.stop()
	}
	for _, f := range stormFaults {
		if s.faults[f.name] == 0 {
			s.w.Errorf("no %s: the test shows nothing", f.name)
		}
	}
	if s.faults["step-down of a leader"] == 0 {
		s.w.Error("nobody led when it was asked to step down: the test shows nothing")
	}
	s.count(s.w.began.Add(d + 2*time.Minute).Truncate(5 * time.Second))
}

func (s *storm) draw(n int) int {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	return s.random.IntN(n)
}

func (s *storm) restart(i int) {
	s.links[i] = s.w.stub.Link()
	s.processes[i] = s.w.workThrough(fmt.Sprint("p", i), s.links[i], s.job)
}

// stormFaults are what happens to a process, or to all, each as often as it stands here.
var stormFaults = []struct {
	name string
	do   func(s *storm, i int)
}{
	{"cut", func(s *storm, i int) { s.links[i].Cut() }},
	{"stall", func(s *storm, i int) { s.links[i].Stall() }},
	{"lost replies", func(s *storm, i int) { s.links[i].LoseReplies(1 + s.draw(4)) }},
	{"lost replies", func(s *storm, i int) { s.links[i].LoseReplies(1 + s.draw(4)) }},
	{"latency", func(s *storm, i int) { s.links[i].SetLatency(time.Duration(s.draw(150)) * time.Millisecond) }},
	{"step-down", (*storm).stepDown},
	{"step-down", (*storm).stepDown},
	{"restart", func(s *storm, i int) {
		s.links[i].Heal()
		_ = s.processes[i].stop()
		s.restart(i)
	}},
	{"lost ledger", func(s *storm, _ int) {
		if s.loses {
			s.w.stub.Mini.Del(ledgerKey)
		}
	}},
	{"healed", func(s *storm, _ int) { s.heal() }},
}

func (s *storm) fault(i int) {
	f := stormFaults[s.draw(len(stormFaults))]
	s.faults[f.name]++
	f.do(s, i)
}

func (s *storm) stepDown(i int) {
	if s.processes[i].elector.StepDown(s.w.Context(), "") == nil {
		s.faults["step-down of a leader"]++
	}
}

func (s *storm) heal() {
	for _, l := range s.links {
		l.Heal()
	}
}

// count checks each due time since the first one.
func (s *storm) count(until time.Time) {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	missed := 0
	first := until
	for at, n := range s.started {
		if at.Before(first) {
			first = at
		}
		if n > 1 {
			s.w.Errorf("due time %v was started %d times", at.Sub(s.w.began), n)
		}
	}
	for at := first; at.Before(until); at = at.Add(5 * time.Second) {
		if s.started[at] == 0 {
			missed++
		}
	}
	lost, abandoned := 0, 0
	for _, ev := range s.w.events {
		switch ev.Kind {
		case KindAbandoned:
			abandoned++
		case KindLedgerLost:
			lost++
		}
	}
	s.w.Logf("%d due times: %d missed, %d abandoned, the ledger was lost %d times, after %v", len(s.started)+missed, missed, abandoned, lost, s.faults)
	if s.loses && lost == 0 {
		s.w.Error("no leader found that the ledger is lost: the test shows nothing")
	}
	if missed > abandoned && !s.loses {
		s.w.Errorf("%d due times were missed, %d abandoned", missed, abandoned)
	}
}
