package election

import (
	"cmp"
	"context"
	"sync/atomic"
	"time"

	"example.com/incumbent/internal/scope"
)

// A Term is the number of one leadership, and its fencing token. Terms of one election
// only rise, also after Redis lost all data; they have gaps. Terms of two elections
// cannot be compared. Hand the term to every resource that the work writes to, and have
// the resource refuse a term lower than the highest it has seen; see docs/fencing.md.
type Term int64

// Work is what the leader does. Its context ends with the term; its cause says
// why, see [Elector.Lead]. Work must return soon after that, within
// [Config.Grace] at most, so every call in it that blocks must obey the context:
// see docs/operations.md, "What work must do". It runs on the goroutine that
// called Lead.
type Work func(ctx context.Context, term Term) error

// A Leader is who leads, by the record. The zero Leader is nobody.
type Leader struct {
	ID       string        // Config.ID of the leader, a label for people
	Term     Term          // 0: nobody leads
	Meta     string        // Config.Meta of the leader
	Lease    time.Duration // how long others wait for a sign of it
	Draining bool          // it was asked to step down and finishes its work

	Paused      bool      // the election is paused, also when nobody leads: whoever is elected does not work yet
	PausedUntil time.Time // by the clock of Redis; zero: until [Elector.Resume]
	PauseReason string    // for people, shortened
}

// Nobody reports whether l is nobody.
func (l Leader) Nobody() bool { return l.Term == 0 }

// TermFrom returns the term that the code below a [Work] runs in, from the
// work's context or one derived from it; false outside of work. It answers after
// the term's end too: the number stays what it was.
func TermFrom(ctx context.Context) (Term, bool) {
	w := scope.WorkOf(ctx)
	if w == nil {
		return 0, false
	}
	return Term(w.Token()), true
}

// ContextErr is ctx.Err() for a context derived from the work's. A derived context
// (context.WithTimeout, a request's) learns of the end of trust from a timer,
// which after a stall of the process may be late by some instructions; ContextErr reads
// the clock of the term itself, as the work's own context does. Where work of one
// election runs inside the work of another, it reads the clocks of all their terms.
// Outside of work it is just ctx.Err().
//
// The same goes for contexts derived from that of [Drain]: it says whether leadership is
// still kept, which an asked-for end of the term does not change.
func ContextErr(ctx context.Context) error {
	if d := drainOf(ctx); d != nil {
		return cmp.Or(d.Err(), ctx.Err())
	}
	w := scope.WorkOf(ctx)
	if w == nil {
		return ctx.Err()
	}
	if err := w.Err(); err != nil {
		return err
	}
	return cmp.Or(ContextErr(w.Caller()), ctx.Err())
}

// workContext is the context of work. It ends when its inner context is
// cancelled, and checks the term's clock before it says that it hasn't: a
// process that was paused past its trust must not see a single nil from Err
// because the timer that ends the term has not run yet. The same goes for the
// terms that this one runs inside of.
type workContext struct {
	context.Context // cancelled by whoever ends the term
	term            Term
	candidacy       *candidacy
	working         atomic.Bool   // the work has not returned
	progress        progress      // of the work
	coolDown        time.Duration // that may follow it; owned by the work's goroutine
	trust           *trust        // ends the inner context
	outer           scope.Work    // that this work runs inside of, or nil
	report          func(Event)   // of packages beside this one

	caller context.Context //nolint:containedctx // that Lead was called with
}

// Settle ends each term whose trust is over, the outermost first: its end reaches
// the ones inside through their parents, with its cause.
func (w *workContext) Settle() {
	if w.outer != nil {
		w.outer.Settle()
	}
	w.trust.expire()
}

func (w *workContext) Token() int64            { return int64(w.term) }
func (w *workContext) Kept() context.Context   { return w.trust.kept }
func (w *workContext) MayRun() context.Context { return w.trust.grace }
func (w *workContext) Around() scope.Work      { return w.outer }
func (w *workContext) Caller() context.Context { return w.caller }

func (w *workContext) Err() error {
	w.Settle()
	return w.Context.Err()
}

func (w *workContext) Done() <-chan struct{} {
	w.Settle()
	return w.Context.Done()
}

func (w *workContext) Value(key any) any {
	switch key {
	case scope.WorkKey{}:
		return w
	case scope.DrainKey{}:
		return nil // a drain that this term was begun in is its caller's
	case scope.GraceKey{}:
		return w.trust.grace
	case scope.ReportKey{}:
		return w.report
	case scope.CoolDownKey{}:
		return w.lengthenCoolDown
	case scope.StallKey{}:
		return w.stall()
	}
	return w.Context.Value(key)
}

// stall is the shortest Stall of this term and those that it runs inside of; 0 without any.
func (w *workContext) stall() time.Duration {
	around := scope.Stall(w.caller)
	if w.progress.limit == 0 || around == 0 {
		return max(w.progress.limit, around)
	}
	return min(w.progress.limit, around)
}

// lengthenCoolDown doubles the cool-down so many times, up to the longest.
func (w *workContext) lengthenCoolDown(doublings int, most time.Duration) {
	d := w.coolDown
	for ; doublings > 0 && d > 0 && d < most; doublings-- {
		d = min(2*d, most)
	}
	w.coolDown = d
}

// worksFor reports whether ctx belongs to work of this election that still runs,
// of whichever elector.
func (c *candidacy) worksFor(ctx context.Context) bool {
	for w := scope.WorkOf(ctx); w != nil; w = w.Around() {
		if term, ok := w.(*workContext); ok && term.working.Load() && term.candidacy.sameElection(c) {
			return true
		}
	}
	return false
}
