package lock

import (
	"context"
	"errors"
	"time"

	"example.com/incumbent/heartbeat"
)

// The back-off of work that returns by itself, and of a name whose lock Redis refuses.
const (
	shortestBackOff = time.Second
	longestBackOff  = time.Minute
)

// A part is one name of a set, in this process.
type part struct {
	spread     *spread
	name, lock string
	work       Work

	// Of who looks.
	vacantFrom *heartbeat.Instant // nil: somebody holds it

	// Under the lock of the spread.
	cancel  context.CancelCauseFunc // of the call that asks or holds; nil: none runs
	holding bool                    // the work may run
	ending  bool                    // it was cancelled
	backOff backOff                 // of errors
	not     time.Duration           // by the monotonic clock: it does not ask before
}

// follow decides about the name, and does it.
func (p *part) follow(ctx context.Context, st standing, now heartbeat.Instant) move {
	b := p.spread
	b.mu.Lock()
	defer b.mu.Unlock()
	st.asks, st.holds, st.ending = p.cancel != nil, p.holding, p.ending
	m := st.decide()
	switch m {
	case take:
		if now.Mono < p.not {
			return stay
		}
		ctx, p.cancel = context.WithCancelCause(ctx)
		b.parts.Go(func() { p.run(ctx) })
	case withdraw:
		p.ending = true
		p.cancel(errWithdrawn)
	case handOver:
		p.ending = true
		p.cancel(b.moved(p.name))
	}
	return m
}

// run waits for the lock and holds it until it is given up or lost.
func (p *part) run(ctx context.Context) {
	b := p.spread
	defer p.ended()
	c, err := b.space.take(ctx, request{name: p.lock, limit: 1, wait: forever})
	if err == nil {
		err = c.run(p.hold)
	}
	if err == nil || causeOf(ctx) != nil || errors.Is(err, ErrLost) || errors.Is(err, ErrExpired) || errors.Is(err, ErrClosed) {
		return
	}
	b.mu.Lock()
	pause := p.backOff.next()
	p.not = b.space.clock.Now().Mono + pause
	b.mu.Unlock()
	b.space.log.Warn("lock: a name of a set is not got", "set", string(b.set), "name", p.name, "again", pause, "error", err)
}

// ended notes that nothing of it runs here any more.
func (p *part) ended() {
	b := p.spread
	b.mu.Lock()
	p.cancel(nil)
	p.cancel, p.ending = nil, false
	b.mu.Unlock()
	nudge(b.kick) // it may be this member's again
}

// hold runs the work while the lock is held. What returns by itself runs again: the lock is kept
// meanwhile, else another member would run it at once.
func (p *part) hold(ctx context.Context, term Term) error {
	p.setHolding(true)
	defer p.setHolding(false)
	var pauses backOff
	for causeOf(ctx) == nil {
		began := p.spread.space.clock.Now()
		err := p.work(ctx, term)
		if causeOf(ctx) != nil {
			p.report(ctx, err)
			break
		}
		lasted := p.spread.space.clock.Now().Since(began)
		if lasted >= longestBackOff {
			pauses = 0
		}
		pause := pauses.next()
		p.spread.space.log.Warn("lock: work of a set has returned", "set", string(p.spread.set), "name", p.name, "term", int64(term),
			"lasted", lasted, "again", pause, "error", err)
		p.spread.rest(ctx, nil, pause)
	}
	return nil
}

// report logs an error that the end of the work's context does not explain.
func (p *part) report(ctx context.Context, err error) {
	if err != nil && !errors.Is(err, ctx.Err()) && !errors.Is(err, context.Cause(ctx)) {
		p.spread.space.log.Warn("lock: work of a set has failed at its end", "set", string(p.spread.set), "name", p.name, "error", err)
	}
}

func (p *part) setHolding(is bool) {
	p.spread.mu.Lock()
	defer p.spread.mu.Unlock()
	p.holding = is
	if is {
		p.backOff = 0
	}
}

// A backOff is a pause that doubles.
type backOff time.Duration

func (b *backOff) next() time.Duration {
	*b = backOff(min(max(2*time.Duration(*b), shortestBackOff), longestBackOff))
	return time.Duration(*b)
}
