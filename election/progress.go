package election

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/scope"
	"example.com/incumbent/internal/seam"
)

// Progress reports that the work advances, for [Config.Stall]. Work calls it after each
// piece, from any of its goroutines and as often as it likes. It reads the clock, stores
// what that says, and never blocks. It does nothing in a context of no work, and where no
// Stall is set.
//
// Inside of several terms it reports to each of them: the work of the outer ones is
// what the inner one does.
func Progress(ctx context.Context) {
	for w := scope.WorkOf(ctx); w != nil; w = w.Around() {
		if t, ok := w.(*workContext); ok {
			t.progress.advance(t.trust.clock)
		}
	}
}

// A progress is when the work of a term last advanced. The work writes it, and the beater
// judges it.
type progress struct {
	limit time.Duration // Config.Stall; 0: nothing is judged

	// The instant of the last report, by each clock. They are stored one after the other. Who
	// reads in between sees an older report by one clock, and is wrong only about work whose
	// time was over.
	mono, wall atomic.Int64
}

func (p *progress) advance(clock seam.Clock) {
	if p.limit > 0 {
		p.set(clock.Now())
	}
}

func (p *progress) set(at heartbeat.Instant) {
	p.mono.Store(int64(at.Mono))
	p.wall.Store(int64(at.Wall))
}

// left is how long the work may still be without a report, by whichever clock says less.
func (p *progress) left(now heartbeat.Instant) time.Duration {
	last := heartbeat.Instant{Mono: time.Duration(p.mono.Load()), Wall: time.Duration(p.wall.Load())}
	return p.limit - heartbeat.Elapsed(last, now)
}

// mayStall reports whether the work's progress is judged: not without a limit, not after
// the end of the work's context, and not twice.
func (l *leadership) mayStall() bool {
	return l.ctx.progress.limit > 0 && l.hasBegun() && l.stopping == nil && !l.stalled
}

// checkStall gives up work that has made no progress for too long. The stacks are taken
// first, as the work may go on when its context ends; and beside the beater, since that
// takes long in a process with many goroutines.
func (l *leadership) checkStall(now heartbeat.Instant) {
	if !l.mayStall() || l.ctx.progress.left(now) > 0 {
		return
	}
	l.stalled = true
	l.callbacks.Go(func() {
		l.stacks = stacks(l.candidacy.place.Key, l.term)
		l.trust.stall(fmt.Errorf("%w: %v", ErrStalled, l.ctx.progress.limit))
	})
}
