package electiontest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/incumbent/election"
)

// checker judges a fleet by the works of its members.
type checker struct {
	tb    testing.TB
	start time.Time

	mu     sync.Mutex
	lines  []string
	news   chan struct{} // closed by what happens next
	scopes []*scope      // whose work runs
	latest *scope        // that began last
	terms  map[election.Term]bool
	failed int
}

// scope is one run of work.
type scope struct {
	member *Member
	term   election.Term
	ctx    context.Context
	began  time.Time
	ended  time.Time // when the context did; zero before
	late   bool      // the process stood still since the work before began
}

func newChecker(tb testing.TB) *checker {
	return &checker{tb: tb, start: time.Now(), news: make(chan struct{}), terms: map[election.Term]bool{}}
}

// begin judges work that begins.
func (c *checker) begin(ctx context.Context, m *Member, term election.Term) *scope {
	_ = ctx.Err() // where a paused process stands still
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &scope{member: m, term: term, ctx: ctx, began: time.Now()}
	s.late = c.latest != nil && m.clock.StalledSince(c.latest.began)
	c.add(m.Name, fmt.Sprintf("WORKS in term %d", term))
	for _, other := range c.scopes {
		c.judge(other, s)
	}
	if c.latest == nil || term > c.latest.term {
		c.latest = s
	} else if !s.late {
		c.complain("%s works in term %d after %s worked in term %d", m.Name, term, c.latest.member.Name, c.latest.term)
	}
	c.terms[term] = true
	c.scopes = append(c.scopes, s)
	return s
}

// judge judges that s begins while other works.
func (c *checker) judge(other, s *scope) {
	switch {
	case other.member == s.member:
		c.complain("%s works in term %d while its own work of term %d still runs", s.member.Name, s.term, other.term)
	case s.late || other.member.clock.StalledSince(other.began):
	case other.ended.IsZero():
		c.complain("%s works in term %d while %s works in term %d", s.member.Name, s.term, other.member.Name, other.term)
	default:
		c.complain("%s works in term %d while %s still works in term %d, whose context ended %v ago: its work must end within the grace",
			s.member.Name, s.term, other.member.Name, other.term, time.Since(other.ended))
	}
}

func (c *checker) revoked(s *scope) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.ended = time.Now()
	c.add(s.member.Name, fmt.Sprintf("its context has ended: %v", context.Cause(s.ctx)))
}

func (c *checker) end(s *scope, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.scopes = slices.DeleteFunc(c.scopes, func(other *scope) bool { return other == s })
	line := fmt.Sprintf("WORK ENDS, term %d", s.term)
	if err != nil {
		line += fmt.Sprintf(" (%v)", err)
	}
	c.add(s.member.Name, line)
}

// fenced judges a write.
func (c *checker) fenced(term election.Term, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !c.terms[term]:
		c.complain("somebody writes with term %d, in which nobody has worked", term)
	case err != nil && c.latest.term == term:
		c.complain("the leader's write is refused: %v", err)
	case err != nil:
		c.add("", "the fence REFUSES term "+fmt.Sprint(term))
	}
}

func (c *checker) running() []*scope {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.scopes)
}

// changed returns a channel that is closed by the next event.
func (c *checker) changed() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.news
}

func (c *checker) tell(who, what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add(who, what)
}

func (c *checker) fail(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.complain(format, args...)
}

const (
	remembered = 30 // events, for a failure's history
	enough     = 5  // failures
)

func (c *checker) add(who, what string) {
	c.lines = append(c.lines, fmt.Sprintf("%12.3fs  %-2s  %s", time.Since(c.start).Seconds(), who, what))
	c.lines = c.lines[max(0, len(c.lines)-remembered):]
	close(c.news)
	c.news = make(chan struct{})
}

// complain fails the test, the first time with what led to it.
func (c *checker) complain(format string, args ...any) {
	c.failed++
	what := fmt.Sprintf(format, args...)
	c.add("=>", what)
	switch {
	case c.failed == 1:
		c.tb.Errorf("electiontest: %s; before that:\n%s", what, strings.Join(c.lines, "\n"))
	case c.failed <= enough:
		c.tb.Errorf("electiontest: %s", what)
	}
}

func (c *checker) history() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Join(c.lines, "\n")
}
