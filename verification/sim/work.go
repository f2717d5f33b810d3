package sim

import (
	"context"
	"errors"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/singleton"
	"example.com/incumbent/verification/sim/check"
)

// How work ends by itself.
var (
	errFailed = errors.New("the work failed")
	errBoom   = errors.New("the work panicked")
)

// shift is the work of one term: steps that look at the context, write to the
// resources and rest, until the term or the plan ends it.
type shift struct {
	*process
	chance
	plan plan
	term int64
	ends time.Time // by the plan; zero: only with the term
}

// plan is how a shift behaves. Durations are the process' own.
type plan struct {
	lasts  time.Duration // zero: for as long as the term
	end    error         // what it returns then
	pace   time.Duration // between steps, at most
	deaf   bool          // rests without listening to its context
	drain  time.Duration // what it needs to end
	tidies bool          // it writes while it drains
	steps  int           // until it hangs
	hang   time.Duration // for how long; zero: it never does
}

func (p *process) plan(c chance) plan {
	prof, t := p.w.profile, p.elector.Load().Timing()
	pl := plan{pace: c.spread(t.Lease/12, t.Lease), tidies: c.oneIn(2)}
	if prof.failing && c.oneIn(3) {
		pl.lasts = c.spread(t.Lease/10, 8*t.Lease)
		pl.end = pick(c, nil, errFailed, errBoom)
	}
	switch c.IntN(8) {
	case 0, 1:
		pl.drain = t.Grace - time.Millisecond // all of it
	case 2, 3:
		pl.deaf = true
		pl.pace = min(pl.pace, t.Grace*4/10)
		pl.drain = c.spread(time.Millisecond, max(t.Grace*5/10, 2*time.Millisecond))
	case 4:
		if prof.lingering {
			pl.drain = c.spread(t.Grace, 4*t.Lease)
		}
	case 5:
		if prof.lingering && c.oneIn(2) {
			pl.deaf = true
			pl.pace = c.spread(t.Grace/2, 3*t.Lease)
		}
	}
	if prof.stalling && c.oneIn(4) {
		pl.steps, pl.hang = c.IntN(10), c.spread(stallOf(t.Lease), stallOf(t.Lease)+6*t.Lease)
	}
	return pl
}

// work returns what Lead is called with.
func (p *process) work(c chance) election.Work {
	return func(ctx context.Context, term election.Term) error {
		p.working.Store(true)
		p.log(check.Began{Term: int64(term)})
		how := "panic"
		defer func() {
			p.working.Store(false)
			p.log(check.Ended{Term: int64(term), How: how})
		}()
		err := p.hooks().Around(p.scheduled(p.shift(c)))(ctx, term)
		how = "returns " + brief(err)
		return err
	}
}

// hooks are told of the term; [singleton.Hooks] pairs them.
func (p *process) hooks() singleton.Hooks {
	return singleton.Hooks{
		OnElected: func(_ context.Context, term election.Term) error {
			p.log(check.Elected{Term: int64(term)})
			return nil
		},
		OnRevoked: func(_ context.Context, term election.Term, _ error) {
			p.log(check.Revoked{Term: int64(term)})
		},
	}
}

func (p *process) shift(c chance) election.Work {
	return func(ctx context.Context, term election.Term) error {
		s := &shift{process: p, chance: c, plan: p.plan(c), term: int64(term)}
		if s.plan.lasts > 0 {
			s.ends = time.Now().Add(s.plan.lasts)
		}
		return s.run(ctx)
	}
}

func (s *shift) run(ctx context.Context) error {
	for {
		begun := time.Now()
		err := ctx.Err()
		switch {
		case s.dead.Load():
			return nil
		case err != nil:
			return s.end(ctx)
		}
		election.Progress(ctx)
		s.log(check.Stepped{Term: s.term, Age: s.clock.age(begun)})
		s.write()
		if !s.ends.IsZero() && time.Now().After(s.ends) && !s.w.isCalm() {
			return s.quit()
		}
		if s.hangs() {
			s.log(check.Drains{Term: s.term, For: s.span(s.plan.hang + s.plan.drain)})
			s.nap(s.span(s.plan.hang))
			continue
		}
		s.pause(ctx)
	}
}

// hangs reports whether it is time to stand still without a look at the context, once.
func (s *shift) hangs() bool {
	s.plan.steps--
	return s.plan.hang > 0 && s.plan.steps == -1 && !s.w.isCalm()
}

// quit ends work by itself.
func (s *shift) quit() error {
	if errors.Is(s.plan.end, errBoom) {
		panic(errBoom)
	}
	return s.plan.end
}

// pause rests until the next step.
func (s *shift) pause(ctx context.Context) {
	d := s.spread(max(s.plan.pace/10, time.Millisecond), s.plan.pace)
	if !s.plan.deaf {
		s.sleep(ctx, s.span(d))
		return
	}
	if d > s.elector.Load().Timing().Grace {
		s.log(check.Drains{Term: s.term, For: s.span(d + s.plan.drain)})
	}
	time.Sleep(s.clock.Timer(d))
}

// span is how long the process' clock takes to measure d.
func (s *shift) span(d time.Duration) time.Duration {
	return time.Duration(float64(d) / s.clock.Rate)
}

// end is what work does when its context has ended.
func (s *shift) end(ctx context.Context) error {
	s.log(check.Noticed{Term: s.term, Cause: string(election.ReasonOf(context.Cause(ctx)))})
	d := s.span(s.plan.drain)
	if s.plan.drain > s.elector.Load().Timing().Grace {
		s.log(check.Drains{Term: s.term, For: d})
	}
	if s.plan.tidies {
		s.write()
	}
	for until := time.Now().Add(d); time.Now().Before(until) && !s.dead.Load(); {
		s.nap(min(time.Until(until), s.elector.Load().Timing().Lease))
	}
	if s.plan.tidies {
		s.write()
	}
	return ctx.Err()
}

// nap sleeps for d; a crash wakes it.
func (s *shift) nap(d time.Duration) {
	t := time.NewTimer(s.w.slots.after(d, s.n, inNap))
	defer t.Stop()
	select {
	case <-s.crashed:
	case <-t.C:
	}
}

// write writes to one of the resources. Most writes arrive soon and are waited
// for; some arrive late, when nobody waits any more.
func (s *shift) write() {
	if s.dead.Load() {
		return
	}
	d := s.spread(100*time.Microsecond, 5*time.Millisecond)
	late := s.w.profile.late && s.oneIn(20)
	if late {
		d = s.spread(5*time.Millisecond, 2*s.elector.Load().Timing().Lease)
	}
	write := pick(s.chance, s.w.fences.register, s.w.fences.table)
	row, term := s.IntN(rows), s.term
	s.w.after(d, s.n, inWrite, func() { write(row, term) })
	if !late {
		s.nap(d)
	}
}
