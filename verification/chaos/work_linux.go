package chaos

import (
	"context"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/singleton"
)

// shift is the work of one term: steps that look at the context, think, perhaps look
// again, write to the resource and rest.
type shift struct {
	*candidate
	term   int64
	ends   time.Duration // by its plan; 0: only with the term
	drains time.Duration // what it needs to end
}

// work returns what Lead is called with.
func (c *candidate) work() election.Work {
	return func(ctx context.Context, term election.Term) error {
		c.journal.add(line{K: kBegan, Term: int64(term)})
		err := c.hooks().Around(c.shift)(ctx, term)
		c.journal.add(line{K: kEnded, Term: int64(term), Text: "returns " + brief(err)})
		return err
	}
}

// hooks are told of the term; [singleton.Hooks] pairs them.
func (c *candidate) hooks() singleton.Hooks {
	return singleton.Hooks{
		OnElected: func(_ context.Context, term election.Term) error {
			c.journal.add(line{K: kElected, Term: int64(term)})
			return nil
		},
		OnRevoked: func(_ context.Context, term election.Term, _ error) {
			c.journal.add(line{K: kRevoked, Term: int64(term)})
		},
	}
}

func (c *candidate) shift(ctx context.Context, term election.Term) error {
	s := &shift{candidate: c, term: int64(term)}
	if c.chance.IntN(8) == 0 {
		s.ends = monotonic() + c.between(c.Lease, 8*c.Lease)
	}
	switch c.chance.IntN(4) {
	case 0:
		s.drains = c.between(0, c.Lease/10) // with the last step, less than the grace
	case 1:
		if c.Lingers {
			s.drains = c.between(c.Lease/5, 3*c.Lease)
		}
	}
	return s.run(ctx)
}

func (s *shift) run(ctx context.Context) error {
	for s.look(ctx) {
		s.think()
		if s.chance.IntN(2) == 0 && !s.look(ctx) { // with nothing in between that takes time
			break
		}
		s.write()
		if s.ends != 0 && monotonic() > s.ends {
			return errFailed
		}
		pause(ctx, s.between(5*time.Millisecond, s.Lease/40))
	}
	return s.end(ctx)
}

// look reports whether the term goes on, and notes a step if it does.
func (s *shift) look(ctx context.Context) bool {
	begun := monotonic()
	if ctx.Err() != nil {
		return false
	}
	s.journal.add(line{K: kStepped, Term: s.term, begun: begun})
	return true
}

// think is where work is when it should have looked at its context again. It takes
// a part of the grace.
func (s *shift) think() {
	pause(context.Background(), s.between(time.Millisecond, s.Lease/20))
}

// write writes to the resource.
func (s *shift) write() {
	if err := s.fence.write(s.term); err != nil {
		panic(err) // the resource has no faults
	}
}

// end is what work does when its context has ended.
func (s *shift) end(ctx context.Context) error {
	s.journal.add(line{K: kNoticed, Term: s.term, Text: string(election.ReasonOf(context.Cause(ctx)))})
	if s.drains > s.Lease/5 {
		s.journal.add(line{K: kDrains, Term: s.term, D: s.drains + writePatience})
	}
	pause(context.Background(), s.drains)
	s.write()
	return ctx.Err()
}
