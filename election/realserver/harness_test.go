package realserver_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/redistest"
)

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

// arena watches over one election on a real server: nobody may work beside
// another, and terms must rise.
type arena struct {
	t      *testing.T
	server *redistest.Server
	log    *memo

	mu      sync.Mutex
	working map[election.Term]string
	highest election.Term
}

func newArena(t *testing.T, args ...string) *arena {
	t.Helper()
	return &arena{t: t, server: redistest.Start(t, args...), log: &memo{}, working: map[election.Term]string{}}
}

func (o *arena) enter(id string, term election.Term) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.working) > 0 {
		o.t.Errorf("%s works in term %d beside %v", id, term, o.working)
	}
	if term <= o.highest {
		o.t.Errorf("%s works in term %d after term %d", id, term, o.highest)
	}
	o.working[term], o.highest = id, term
}

func (o *arena) exit(term election.Term) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.working, term)
}

// admin executes a command as whoever runs the server.
func (o *arena) admin(args ...any) string {
	o.t.Helper()
	reply, err := o.server.Client().Do(o.t.Context(), args...).Result()
	if err != nil && err != redis.Nil {
		o.t.Fatalf("%v: %v", args, err)
	}
	return fmt.Sprint(reply)
}

// memo is a log that can be read.
type memo struct {
	mu   sync.Mutex
	text strings.Builder
}

func (m *memo) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.text.Write(p)
}

func (m *memo) String() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.text.String()
}

// member is one process of an election on a real server.
type member struct {
	*election.Elector
	arena  *arena
	drain  <-chan struct{} // what its work waits for when its context has ended
	single bool            // it makes single attempts

	mu      sync.Mutex
	events  []election.Event
	seen    int // of events, by event
	changed chan struct{}
}

// join makes a candidate of election x with a lease of 2 s, which takes an absent
// record at once.
func (o *arena) join(id string, rdb election.Redis, change ...func(*election.Config)) *member {
	o.t.Helper()
	m := &member{arena: o, changed: make(chan struct{})}
	cfg := election.Config{
		Name: "x", ID: id, Meta: "meta of " + id, Lease: 2 * time.Second, ReleaseTimeout: time.Second, CoolDown: -1,
		Bootstrap: election.BootstrapImmediate, Observer: m.note,
		Logger: slog.New(slog.NewTextHandler(o.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, c := range change {
		c(&cfg)
	}
	var err error
	if m.Elector, err = election.New(rdb, cfg); err != nil {
		o.t.Fatal(err)
	}
	return m
}

// candidate joins with a plain client of the server.
func (o *arena) candidate(id string, change ...func(*election.Config)) *member {
	o.t.Helper()
	return o.join(id, o.server.Client(), change...)
}

// patient has room for delays of the machine: for tests that don't wait for a lease.
func patient(c *election.Config) { c.Lease = 4 * time.Second }

func quarantine(c *election.Config) { c.Bootstrap = election.BootstrapQuarantine }

func (m *member) note(ev election.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.events = append(m.events, ev)
	close(m.changed)
	m.changed = make(chan struct{})
}

// event waits for the next event of one of the kinds.
func (m *member) event(kinds ...election.Kind) election.Event {
	m.arena.t.Helper()
	deadline := time.After(patience)
	for {
		m.mu.Lock()
		for m.seen < len(m.events) {
			ev := m.events[m.seen]
			m.seen++
			if slices.Contains(kinds, ev.Kind) {
				m.mu.Unlock()
				return ev
			}
		}
		changed := m.changed
		m.mu.Unlock()
		select {
		case <-changed:
		case <-deadline:
			m.arena.t.Fatalf("%s was not told of %v, but of %v", m.ID(), kinds, m.kinds())
		}
	}
}

// next forgets the events so far: event waits for later ones.
func (m *member) next() *member {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen = len(m.events)
	return m
}

// kinds are the events so far, beats left out.
func (m *member) kinds() (k []election.Kind) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, ev := range m.events {
		if ev.Kind != election.KindBeat {
			k = append(k, ev.Kind)
		}
	}
	return k
}

// count is how many events of a kind there were.
func (m *member) count(kind election.Kind) (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, ev := range m.events {
		if ev.Kind == kind {
			n++
		}
	}
	return n
}

// spell is a Lead under way.
type spell struct {
	m       *member
	elected chan struct{} // closed when the work has begun
	ended   chan struct{} // closed when Lead has returned
	cancel  context.CancelFunc

	ctx  context.Context // of the work
	term election.Term
	at   time.Time // when the work began
	err  error     // of Lead
}

// lead runs Lead with work that obeys, until the test ends.
func (m *member) lead() *spell {
	s := &spell{m: m, elected: make(chan struct{}), ended: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	m.arena.t.Cleanup(func() { cancel(); <-s.ended })
	go func() {
		defer close(s.ended)
		s.err = m.attempt(ctx, func(ctx context.Context, term election.Term) error {
			m.arena.enter(m.ID(), term)
			defer m.arena.exit(term)
			s.ctx, s.term, s.at = ctx, term, time.Now()
			close(s.elected)
			<-ctx.Done()
			if m.drain != nil {
				<-m.drain
			}
			return nil
		})
	}()
	return s
}

// trouble is what the member first meets when it campaigns, for a while.
func (m *member) trouble() error {
	m.arena.t.Helper()
	s := m.lead()
	err := m.event(election.KindUnreachable).Err
	s.cancel()
	_ = s.wait() // that it was not elected
	return err
}

// once has a member make single attempts.
func (m *member) once() *member {
	m.single = true
	return m
}

func (m *member) attempt(ctx context.Context, work election.Work) error {
	if m.single {
		return m.TryLead(ctx, work)
	}
	return m.Lead(ctx, work)
}

// leader returns a spell whose work has begun.
func (m *member) leader() *spell {
	m.arena.t.Helper()
	s := m.lead()
	s.begun()
	return s
}

func (o *arena) await(c <-chan struct{}, complaint string) {
	o.t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		o.t.Fatalf("%s after %v; logged:\n%s", complaint, patience, o.log)
	}
}

// begun waits until the work has begun.
func (s *spell) begun() {
	s.m.arena.t.Helper()
	select {
	case <-s.ended:
		s.m.arena.t.Fatalf("%s was not elected: %v", s.m.ID(), s.err)
	case <-s.elected:
	case <-time.After(patience):
		s.m.arena.t.Fatalf("%s was not elected after %v; logged:\n%s", s.m.ID(), patience, s.m.arena.log)
	}
}

// over waits until the work's context has ended, and says why.
func (s *spell) over() error {
	s.m.arena.t.Helper()
	s.m.arena.await(s.ctx.Done(), s.m.ID()+"'s term goes on")
	return context.Cause(s.ctx)
}

// wait returns what Lead returned.
func (s *spell) wait() error {
	s.m.arena.t.Helper()
	s.m.arena.await(s.ended, s.m.ID()+" is still in Lead")
	return s.err
}

// stop ends the caller's context and waits for an orderly end.
func (s *spell) stop() {
	s.m.arena.t.Helper()
	s.cancel()
	if err := s.wait(); err != nil {
		s.m.arena.t.Errorf("%s: Lead returned %v after an orderly stop", s.m.ID(), err)
	}
}

// goesOn waits for beats that began from now on, and checks that the term is the
// same.
func (s *spell) goesOn() {
	s.m.arena.t.Helper()
	s.m.next()
	for range 2 {
		s.m.event(election.KindBeat, election.KindRevoked)
	}
	if s.ctx.Err() != nil || !s.m.IsLeader() {
		s.m.arena.t.Errorf("%s's term ended: %v; events %v", s.m.ID(), context.Cause(s.ctx), s.m.kinds())
	}
}

// leading reads the record; nobody leads if there is none.
func (o *arena) leading(m *member) election.Leader {
	o.t.Helper()
	l, err := m.Leader(o.t.Context())
	if err != nil && !errors.Is(err, election.ErrNoElection) {
		o.t.Errorf("Leader: %v", err)
	}
	return l
}
