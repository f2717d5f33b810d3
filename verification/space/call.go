package space

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.com/incumbent/lock"
	"example.com/incumbent/verification/space/account"
)

// call calls for locks until the process ends.
func (p *process) call() {
	for !p.dead() && !p.w.isOver() {
		p.one()
		p.sleep(p.ctx, p.rest())
	}
}

// rest draws how long a caller rests. That of a lazy process rests for about a lease: then its
// session ends, and the next call may come at that moment.
func (p *process) rest() time.Duration {
	if p.lazy && !p.w.isCalm() {
		return p.clock.Timer(lease) - 10*time.Millisecond + p.w.up(lease/8)
	}
	return p.w.up(200 * time.Millisecond)
}

const hot = 3 // names that all want

// one makes one call, of a kind that is drawn.
func (p *process) one() {
	w := p.w
	ctx, cancel := context.WithTimeout(p.ctx, lease/2+w.up(6*lease))
	defer cancel()
	name, seats, wait := fmt.Sprint("hot", w.pick(hot)), 1, time.Duration(-1)
	switch draw := w.pick(100); {
	case draw < 20:
		name, seats = "pair", 2
	case draw < 40:
		name = w.fresh()
	case draw < 50:
		p.once(ctx)
		return
	case draw < 56:
		wait = 0
	case draw < 64:
		wait = w.up(2 * lease)
	}
	var err error
	var held *account.Work
	did := func(ctx context.Context, term lock.Term) (err error) {
		held, err = p.work(ctx, name, seats, int64(term))
		return err
	}
	begun := time.Now()
	switch {
	case seats > 1:
		err = p.space.Seats(name, seats).Do(ctx, did)
	case wait >= 0:
		err = p.space.Try(ctx, name, wait, did)
	default:
		err = p.space.Do(ctx, name, did)
	}
	if held != nil && !p.dead() {
		p.w.book.Returned(held, begun)
	}
	p.judge(name, begun, err)
}

// fresh returns a name that nobody has used.
func (w *world) fresh() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.names++
	return fmt.Sprint("once", w.names)
}

// judge counts how a call ended.
func (p *process) judge(name string, begun time.Time, err error) {
	p.w.change(func(f *Faults) {
		f.Calls++
		switch {
		case err == nil || errors.Is(err, lock.ErrLost) || errors.Is(err, lock.ErrExpired) || errors.Is(err, errCut):
			f.Got++
		case errors.Is(err, lock.ErrUnavailable):
			f.Unavailable++
		default:
			f.NotGot++
		}
	})
	if p.w.isHealed(begun) && errors.Is(err, lock.ErrUnavailable) {
		p.w.book.Break(account.LongWait, "p%d %s: %v in the calm", p.n, name, err)
	}
}

var errCut = errors.New("the work was cut")

// work is one that holds a lock: it writes now and then, looks at its context before, and
// takes a while to end when that has.
func (p *process) work(ctx context.Context, name string, seats int, term int64) (*account.Work, error) {
	w := p.w
	p.stand()
	if p.dead() {
		return nil, errCut
	}
	entry := w.book.Begin(p.n, name, seats, term)
	w.got(name)
	until := time.Now().Add(p.duration())
	if !w.isCalm() && w.happens(0.02) {
		until = time.Now().Add(3 * lease)
		w.aim(p)
	}
	for time.Now().Before(until) {
		p.pause(ctx, w.up(100*time.Millisecond))
		if p.dead() {
			return entry, errCut
		}
		if ctx.Err() != nil {
			p.linger()
			w.book.End(entry, true)
			return entry, errCut
		}
		p.stumble()
		w.book.Write(entry)
	}
	w.book.End(entry, false)
	return entry, nil
}

// stumble has the process stand still between its look at the context and its write.
func (p *process) stumble() {
	w := p.w
	if !w.of.stalls() || w.isCalm() || !w.happens(0.002) {
		return
	}
	w.stall(p)
	p.stand()
}

// duration draws how long a work takes: in a calm it is short, so that waits have a bound.
func (p *process) duration() time.Duration {
	w := p.w
	switch {
	case w.isCalm():
		return w.up(50 * time.Millisecond)
	case w.happens(0.04):
		return w.up(8 * lease)
	case w.happens(0.15):
		return w.up(3 * lease)
	}
	return w.up(300 * time.Millisecond)
}

func (p *process) pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(p.clock.Timer(d))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	case <-p.died:
	}
	p.stand()
}

// linger takes most of the grace, by the clock of the process.
func (p *process) linger() {
	grace := lease / 5
	d := p.w.up(grace * 9 / 10)
	if p.w.happens(0.3) {
		d = grace * 99 / 100
	}
	select {
	case <-time.After(p.clock.Timer(d)):
	case <-p.died:
	}
	p.stand()
}
