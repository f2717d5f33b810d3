package election

import (
	"context"
	"time"
)

// A Term numbers a period in office. It is a fencing token: strictly increasing
// in the order in which terms of one election are granted, never reused, not
// even after Redis lost everything, and with gaps. Hand it to every resource
// that the work writes to, and have the resource refuse a term lower than the
// highest it has seen; see docs/fencing.md.
type Term int64

// Work is what the leader does. Its context ends with the term; its cause says
// why, see [Elector.Lead]. Work must return soon after that, within
// [Config.Grace] at most. It runs on the goroutine that called Lead.
type Work func(ctx context.Context, term Term) error

// A Leader is who holds an office, by its record. The zero Leader is nobody.
type Leader struct {
	ID           string        // Config.ID of the holder, a label for people: nothing is decided by it
	Term         Term          // the holder's term
	Meta         string        // Config.Meta of the holder
	Lease        time.Duration // how long others wait for a sign of the holder
	SteppingDown bool          // the holder was asked to step down and drains its work
}

// Nobody reports whether l is nobody.
func (l Leader) Nobody() bool { return l.Term == 0 }

// TermFrom returns the term that the code below a [Work] runs in, from the
// work's context or one derived from it; false outside of work. It answers after
// the term's end too: the number stays what it was.
func TermFrom(ctx context.Context) (Term, bool) {
	w, ok := ctx.Value(workKey{}).(*workContext)
	if !ok {
		return 0, false
	}
	return w.term, true
}

// Err is ctx.Err() for a context derived from the work's. A derived context
// (context.WithTimeout, a request's) learns of the end of trust from a timer,
// which after a stall of the process may be late by some instructions; Err reads
// the clock of the term itself, as the work's own context does. Outside of work
// it is just ctx.Err().
func Err(ctx context.Context) error {
	if w, ok := ctx.Value(workKey{}).(*workContext); ok {
		if err := w.Err(); err != nil {
			return err
		}
	}
	return ctx.Err()
}

type workKey struct{}

// workContext is the context of work. It ends when its inner context is
// cancelled, and checks the term's clock before it says that it hasn't: a
// process that was paused past its trust must not see a single nil from Err
// because the timer that ends the term has not run yet.
type workContext struct {
	context.Context // cancelled by whoever ends the term
	term            Term
	expire          func() // cancels the inner context if trust has ended
}

func (w *workContext) Err() error {
	w.expire()
	return w.Context.Err()
}

func (w *workContext) Done() <-chan struct{} {
	w.expire()
	return w.Context.Done()
}

func (w *workContext) Value(key any) any {
	if key == (workKey{}) {
		return w
	}
	return w.Context.Value(key)
}
