// Package recipetest takes a recipe through what a service lives through.
package recipetest

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/election/electiontest"
)

// InBubble is for recipes that run in a synctest bubble, InRealTime for others. A job
// takes longer than the pause before the first job of a term, and less than the grace:
// so a recipe that does not wait for its jobs has two at once.
var (
	InBubble   = Times{Lease: 15 * time.Second, Job: 1500 * time.Millisecond, Every: time.Second}
	InRealTime = Times{Lease: 3 * time.Second, Job: 400 * time.Millisecond, Every: 250 * time.Millisecond}
)

// Times are the durations of a recipe's test.
type Times struct {
	Lease time.Duration
	Job   time.Duration // how long a job takes
	Every time.Duration // when the next one begins
}

// Config is for the electors of a recipe's test.
func (times Times) Config() election.Config {
	return election.Config{
		Name:      "recipe",
		Lease:     times.Lease,
		Bootstrap: election.BootstrapImmediate,
		Logger:    slog.New(slog.DiscardHandler),
	}
}

// A Process is one of three that run a recipe.
type Process struct {
	*electiontest.Member

	story *story
}

// Config is that of the elector of this process.
func (p *Process) Config() election.Config {
	cfg := p.story.times.Config()
	cfg.ID = p.Name
	return cfg
}

// Elector returns a candidate of this process.
func (p *Process) Elector() (*election.Elector, error) {
	return election.New(p.Client, p.Config())
}

// Watch wraps the work of this process, as Member.Watch does.
func (p *Process) Watch(work election.Work) election.Work {
	return p.Member.Watch(func(ctx context.Context, term election.Term) error {
		p.story.setWorking(p.Member, true)
		defer p.story.setWorking(p.Member, false)
		return work(ctx, term)
	})
}

// Job is what the recipe runs on the leader. It takes its time also when leadership
// ends, so that a recipe that does not wait for it is found out.
func (p *Process) Job() {
	p.story.begin(p.Member)
	time.Sleep(p.story.times.Job)
	p.story.end(p.Member)
}

// Run runs a recipe in three processes and takes them through two terms of one
// process, a partition and a crash. It fails the test if the job runs on two
// processes at once, begins on one that does not lead, or does not run where it should.
// The recipe's work is to be wrapped by Process.Watch.
func Run(t *testing.T, times Times, run func(ctx context.Context, p *Process) error) {
	t.Helper()
	s := &story{t: t, times: times, jobs: map[string]int{}, working: map[string]bool{}, began: make(chan *electiontest.Member)}
	fleet := electiontest.NewFleet(t, 3, func(ctx context.Context, m *electiontest.Member) error {
		return run(ctx, &Process{m, s})
	})
	asker, err := election.New(fleet.Redis.Client(), times.Config())
	if err != nil {
		t.Fatal(err)
	}

	first := s.awaitJob(nil)
	again := s.stepDown(asker, first)
	for again != first { // the others lead in turn
		again = s.stepDown(asker, again)
	}
	s.awaitJob(nil) // and it goes on in its second term

	first.BlackHole() // the leader is cut off, and nobody says so
	second := s.awaitJob(first)
	first.Heal()

	second.Cut() // the leader dies
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		second.Stop()
	}()
	s.awaitJob(second)
	<-stopped
}

// story is what happens in a run.
type story struct {
	t     *testing.T
	times Times
	began chan *electiontest.Member // a job begins

	mu      sync.Mutex
	jobs    map[string]int // that run, by process
	working map[string]bool
}

func (s *story) setWorking(m *electiontest.Member, working bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.working[m.Name] = working
}

func (s *story) begin(m *electiontest.Member) {
	s.mu.Lock()
	if !s.working[m.Name] {
		s.t.Errorf("a job begins on %s, which does not lead", m.Name)
	}
	for other, n := range s.jobs {
		if n > 0 && other != m.Name {
			s.t.Errorf("a job begins on %s while one runs on %s", m.Name, other)
		}
	}
	s.jobs[m.Name]++
	s.mu.Unlock()
	select {
	case s.began <- m:
	default: // nobody waits
	}
}

func (s *story) end(m *electiontest.Member) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.jobs[m.Name]--
}

// awaitJob returns the process on which the next job begins, other than the given one.
func (s *story) awaitJob(not *electiontest.Member) *electiontest.Member {
	s.t.Helper()
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	for {
		select {
		case m := <-s.began:
			if m != not {
				return m
			}
		case <-deadline.C:
			s.t.Fatal("no job has begun for a minute")
		}
	}
}

// stepDown asks the leader to step down while its job runs, and returns who is next.
func (s *story) stepDown(asker *election.Elector, leader *electiontest.Member) *electiontest.Member {
	s.t.Helper()
	if err := asker.StepDown(s.t.Context(), "a test"); err != nil {
		s.t.Fatal(err)
	}
	return s.awaitJob(leader)
}

// RunTerm runs work for a term that ends when began is closed.
func RunTerm(t *testing.T, work election.Work, began <-chan struct{}) {
	t.Helper()
	e, err := election.New(electiontest.NewRedis(t).Client(), InRealTime.Config())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	go func() { <-began; stop() }()
	if err := e.Lead(ctx, work); err != nil {
		t.Error(err)
	}
}
