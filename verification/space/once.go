package space

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.com/incumbent/lock"
)

// once asks for what shall be done once, under a key that others ask for at about the same
// time. What it returns says which execution it was.
func (p *process) once(ctx context.Context) {
	w := p.w
	key := fmt.Sprint("key", time.Since(w.start)/(2*lease))
	begun := time.Now()
	again := w.happens(0.3)
	result, err := lock.Once(ctx, p.space, key, lock.OnceConfig{RunAgain: again}, func(ctx context.Context, term lock.Term) (string, error) {
		if p.dead() {
			return "", errCut
		}
		w.change(func(f *Faults) { f.Executed++ })
		w.book.Do(p.n, key, again, begun)
		p.pause(ctx, p.length())
		p.dieMaybe()
		if p.dead() || ctx.Err() != nil {
			w.book.Done(p.n, key)
			return "", errCut
		}
		w.book.Done(p.n, key)
		return fmt.Sprint(term), nil
	})
	if p.dead() {
		return // nobody sees what it got
	}
	p.w.change(func(f *Faults) {
		f.Calls++
		switch {
		case errors.Is(err, lock.ErrUnknownOutcome):
			f.Unknown++
		case err == nil:
			f.Got++
		default:
			f.NotGot++
		}
	})
	if err == nil {
		w.book.Result(key, result, begun)
	}
}

// length draws how long that takes: often so long that the process may die meanwhile.
func (p *process) length() time.Duration {
	if !p.w.isCalm() && p.w.happens(0.4) {
		return p.w.up(2 * lease)
	}
	return p.duration()
}

// dieMaybe kills the process now and then: in the middle of what shall be done once.
func (p *process) dieMaybe() {
	if w := p.w; !w.isCalm() && !p.dead() && w.happens(0.15) {
		w.change(func(f *Faults) { f.Crashes++ })
		w.crash(p.place)
	}
}
