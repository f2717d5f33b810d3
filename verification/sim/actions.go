package sim

import (
	"context"
	"time"

	"example.com/incumbent/verification/sim/check"
)

// What can be done to a process.

// crash ends it without a word: what it has sent is on its way, nothing follows.
func (p *process) crash() {
	if p.dead.Swap(true) {
		return
	}
	p.log(check.Crashed{})
	close(p.crashed)
	for _, r := range p.routes() {
		r.Swallow()
	}
	p.cancel()
}

// recallNow ends the context of the call of Lead that is under way.
func (p *process) recallNow() {
	p.mu.Lock()
	recall := p.recall
	p.mu.Unlock()
	if recall != nil {
		recall(errRecalled)
	}
}

// leave has the process wait for so much longer before it calls Lead again.
func (p *process) leave(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.away = d
}

// stepDown asks whoever leads to step down.
func (p *process) stepDown() {
	p.calls.Go(func() {
		ctx, cancel := p.lasting(5 * time.Second)
		defer cancel()
		_ = p.elector.Load().StepDown(ctx, "") // asking is all
	})
}

// pause asks to hold the election back until then, resume to let it go on.
func (p *process) pause(until time.Time) {
	p.steer("pause", 5*time.Second, func(ctx context.Context) error { return p.elector.Load().Pause(ctx, until, p.id) })
}

func (p *process) resume() { p.resumeWithin(5 * time.Second) }

func (p *process) resumeWithin(d time.Duration) {
	p.steer("resume", d, func(ctx context.Context) error { return p.elector.Load().Resume(ctx, "") })
}

// steer is a request of somebody who need not lead. It may land later, and at no bound time.
func (p *process) steer(what string, within time.Duration, do func(ctx context.Context) error) {
	p.w.steering.Add(1)
	p.calls.Go(func() {
		defer p.w.steering.Add(-1)
		ctx, cancel := p.lasting(within)
		defer cancel()
		p.log(check.Asks{What: what})
		err := do(ctx)
		p.log(check.AskedFor{What: what, Err: brief(err)})
	})
}

// lasting is a context that ends after d. It has no deadline, by which the library
// would end what it sends at the very same instant: either of them may be first.
func (p *process) lasting(d time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(p.ctx)
	t := time.AfterFunc(p.clock.Timer(d), cancel)
	return ctx, func() { t.Stop(); cancel() }
}

// isGone reports whether all of it is done.
func (p *process) isGone() bool {
	select {
	case <-p.gone:
		return true
	default:
		return false
	}
}

func (p *process) routes() []route { return []route{p.net.commands, p.net.hints} }

// settle gives the process its usual network.
func (p *process) settle() {
	latency := p.w.profile.latency
	spread := mix(p.w.Seed, uint64(p.n))
	p.net.commands.SetLatency(latency/2 + time.Duration(spread%uint64(latency)))
	p.net.hints.SetLatency(latency/2 + time.Duration((spread>>20)%uint64(latency)))
}
