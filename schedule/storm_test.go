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
	for seed := range redistest.Either(6, 30) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			bubble(t, func(w *world) { newStorm(w, uint64(seed)).rage(20 * time.Minute) }) //nolint:gosec // small
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
	loses     bool // the ledger, now and then
}

func newStorm(w *world, seed uint64) *storm {
	s := &storm{w: w, random: rand.New(rand.NewPCG(seed, 1)), started: map[time.Time]int{}, loses: seed%2 == 1}
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
	for _, l := range s.links {
		l.Heal()
	}
	s.w.at(d + 2*time.Minute)
	for _, p := range s.processes {
		_ = p.stop()
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

func (s *storm) fault(i int) {
	switch s.draw(10) {
	case 0:
		s.links[i].Cut()
	case 1:
		s.links[i].Stall()
	case 2, 3:
		s.links[i].LoseReplies(1 + s.draw(4))
	case 4:
		s.links[i].SetLatency(time.Duration(s.draw(150)) * time.Millisecond)
	case 5, 6:
		_ = s.processes[i].elector.StepDown(s.w.Context(), "") // perhaps nobody leads
	case 7:
		s.links[i].Heal()
		_ = s.processes[i].stop()
		s.restart(i)
	case 8:
		if s.loses {
			s.w.stub.Mini.Del(ledgerKey)
		}
	default:
		for _, l := range s.links {
			l.Heal()
		}
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
	s.w.Logf("%d due times: %d missed, %d abandoned, the ledger was lost %d times", len(s.started)+missed, missed, abandoned, lost)
	if missed > abandoned && !s.loses {
		s.w.Errorf("%d due times were missed, %d abandoned", missed, abandoned)
	}
}
