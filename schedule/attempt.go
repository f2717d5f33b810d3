package schedule

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.com/incumbent/election"
)

// A run is one execution of a job, under way here.
type run struct {
	of      runOf
	began   time.Duration // by the monotonic clock
	stuckAt time.Duration // when it is reported; 0: never, or it was
	over    time.Duration // when its time-out ends it; 0: it has none
}

// errNoReturn is the error of a run that panicked, or ended its goroutine.
var errNoReturn = errors.New("schedule: the run panicked, or ended its goroutine")

// start runs a job whose claim is in the ledger, unless the term has ended meanwhile.
func (r *runner) start(s *state, e *entry) {
	if election.ContextErr(r.ctx) != nil {
		s.ended = &ended{run: e.run}
		return
	}
	h := r.store.holder
	tick := e.run.tick(h.Name, s.name)
	tick.Missed = int(e.dropped)
	s.run = &run{of: e.run, began: h.Line.Clock.Now().Mono}
	if d := s.job.Timeout; d > 0 {
		s.run.over = s.run.began + d
		s.run.stuckAt = s.run.over + max(h.Lease/5, time.Second)
	}
	r.runs++
	r.report(election.Event{Kind: KindStarted, Item: s.name, Text: tick.Key})
	r.launch(s, tick, e.run)
}

// execute runs on a goroutine of its own. While a panic unwinds it waits until the ledger
// says so; then the panic goes on.
func (r *runner) execute(s *state, tick Tick, of runOf) {
	x := &ended{run: of, began: true, err: errNoReturn, settled: make(chan struct{})}
	returned := false
	defer func() {
		x.interrupted = x.err != nil && election.ContextErr(r.ctx) != nil
		r.inbox.end(s.name, x)
		if !returned {
			select {
			case <-x.settled:
			case <-time.After(max(2*r.store.holder.Attempt, time.Second)):
			}
		}
	}()
	ctx, cancel := r.ctx, func() {}
	if s.job.Timeout > 0 {
		ctx, cancel = context.WithTimeoutCause(ctx, r.store.holder.Line.Clock.Timer(s.job.Timeout), ErrTimeout)
	}
	defer cancel()
	x.err = s.job.Run(ctx, tick)
	returned = true
	if cause := context.Cause(ctx); x.err != nil && errors.Is(cause, ErrTimeout) && !errors.Is(x.err, ErrTimeout) {
		x.err = fmt.Errorf("%w: %w", ErrTimeout, x.err)
	}
}

// runEnded takes in that a run has ended.
func (r *runner) runEnded(e endedRun) {
	s := r.states[e.job]
	x := e.ended
	r.runs--
	lasted := r.store.holder.Line.Clock.Now().Mono - s.run.began
	s.run, s.wake = nil, 0
	x.at = r.clock.now()
	if x.err == nil {
		r.report(election.Event{Kind: KindDone, Item: s.name, Lasted: lasted})
	} else {
		r.report(election.Event{Kind: KindFailed, Item: s.name, Lasted: lasted, Err: x.err})
	}
	s.ended = x
	if r.over {
		s.settle()
	}
}

// checkStuck reports once a run that ignores its time-out.
func (n *run) checkStuck(r *runner, s *state) {
	if n.stuckAt == 0 {
		return
	}
	if now := r.store.holder.Line.Clock.Now().Mono; now >= n.stuckAt {
		n.stuckAt = 0
		r.report(election.Event{Kind: KindStuck, Item: s.name, Overdue: now - n.over})
	}
}
