package schedule

import (
	"fmt"
	"time"

	"example.com/incumbent/election"
)

// await waits for news, or until something is due.
func (r *runner) await() {
	t := time.NewTimer(r.store.holder.Line.Clock.Timer(r.untilNext()))
	defer t.Stop()
	var ends, lost <-chan struct{}
	if !r.stopping {
		ends = r.ctx.Done()
	}
	if !r.over {
		lost = r.kept.Done()
	}
	select {
	case <-r.inbox.wake:
	case <-t.C:
	case <-ends:
	case <-lost:
	}
}

// untilNext is how long there is nothing to do.
func (r *runner) untilNext() time.Duration {
	mono := r.store.holder.Line.Clock.Now().Mono
	until := r.store.holder.Lease
	if r.over {
		return until
	}
	if r.stall > 0 {
		until = min(until, r.stall/4)
	}
	if !r.sending {
		at := r.lookAt
		if len(r.queue) > 0 || r.stopping {
			at = r.retryAt
		}
		if !r.stopping || len(r.queue) > 0 {
			until = min(until, max(at, r.retryAt)-mono)
		}
	}
	if r.loaded {
		now := r.clock.now()
		for _, s := range r.order {
			if s.task == nil && s.wake != asleep {
				until = min(until, time.Duration(min(s.wake-now, 1<<40))*time.Millisecond)
			}
			if s.run != nil && s.run.stuckAt != 0 {
				until = min(until, s.run.stuckAt-mono)
			}
		}
	}
	return max(until, 0)
}

// advance reports progress, unless a run is beyond its time-out: then the term is to end when
// that has lasted for too long, although this goroutine is well. To wait is progress.
func (r *runner) advance() {
	mono := r.store.holder.Line.Clock.Now().Mono
	for _, s := range r.order {
		if s.run != nil && s.run.over > 0 && mono >= s.run.over {
			return
		}
	}
	election.Progress(r.ctx)
}

// reportTrouble says once that Redis gives no usable answer, and that it does again.
func (r *runner) reportTrouble(err error) {
	mono := r.store.holder.Line.Clock.Now().Mono
	switch {
	case err != nil && !r.trouble:
		r.trouble, r.troubleSince = true, mono
		r.report(election.Event{Kind: election.KindUnreachable, Text: "the ledger", Err: err})
	case err == nil && r.trouble:
		r.trouble = false
		r.report(election.Event{Kind: election.KindReachable, Text: "the ledger", Lasted: mono - r.troubleSince})
	}
}

// unfit is the error of a clock that cannot be believed.
func (r *runner) unfit(skew time.Duration) error {
	return fmt.Errorf("%w: schedule: the clock of Redis is %v off ours: set the one that is wrong", election.ErrUnfit, skew.Round(time.Second))
}
