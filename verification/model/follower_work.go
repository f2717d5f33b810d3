package model

import (
	"fmt"
	"time"
)

// Begins takes the begin of work in a term, by clocks that were looked at then.
func (f *Follower) Begins(term int64, looked Moment) error {
	if f.working != 0 {
		return fmt.Errorf("its work of term %d still runs", f.working)
	}
	err := f.only(func(g guess, keep func(guess)) {
		f.may(g, func(g guess) {
			if (g.mode == working || g.mode == expired) && !g.holds && g.own.term == term && f.trusted(g, looked) {
				keep(g)
			}
		})
	})
	if err == nil {
		f.working = term
	}
	return err
}

// Acts takes a step of the work, or what else is done in the belief to lead, by clocks that
// were looked at then. Waited is for how long an answer may have waited since it was received.
func (f *Follower) Acts(term int64, looked Moment, waited time.Duration) error {
	if f.working != term {
		return fmt.Errorf("no work runs in term %d", term)
	}
	return f.only(func(g guess, keep func(guess)) {
		inTime := g.left > 0 && looked.At <= g.left+waited // it was asked to end, or shown the end, just now
		if inTime || (g.mode == working || g.mode == expired) && f.trusted(g, looked) {
			keep(g)
		}
	})
}

// Why is why a work's context has ended.
type Why int

// The reasons.
const (
	ByCaller    Why = iota // by who called Lead, or by the work itself
	Asked                  // to step down
	Expired                // trust is over
	ShownTheEnd            // an answer showed that the term is over
)

// Notices takes the work's discovery that its context has ended.
func (f *Follower) Notices(why Why) error {
	return f.only(func(g guess, keep func(guess)) {
		f.may(g, func(g guess) {
			if next, ok := f.notices(g, why); ok {
				keep(next)
			}
		})
	})
}

func (f *Follower) notices(g guess, why Why) (guess, bool) {
	switch why {
	case Asked:
		return g, g.leads() && g.own.status == asked || g.mode == lost || g.gone != 0
	case Expired:
		early := f.s.Attempt + time.Millisecond // trust may count from before a packet was sent
		return g, g.gone != 0 || g.leads() && time.Duration(g.trust)+early >= f.s.Timings[g.own.lease].Trust
	case ShownTheEnd:
		return g, g.gone != 0
	}
	if next, _, ok := f.try(g, g.obs, (*model[int64]).leave); ok {
		return next, true
	}
	return g, true
}

// Ends takes the return of the work. What follows it in the process, the last beat for
// instance, may still go on for a moment.
func (f *Follower) Ends(term int64) error {
	if f.working != term {
		return fmt.Errorf("no work runs in term %d", term)
	}
	var over time.Duration
	err := f.only(func(g guess, keep func(guess)) {
		if g.leads() { // a wall clock that is set ends work, too, but not at once
			over = f.now.Mono - g.trustFrom.Mono - time.Duration(f.m.ticks[g.own.lease].end)
		}
		if !g.leads() || over <= 0 || f.Excused(g.trustFrom, over) {
			keep(g)
		}
	})
	if err != nil {
		return fmt.Errorf("the work ends %v after trust and grace: %w", over, err)
	}
	f.working, f.done, f.ended = 0, term, f.now.At
	return nil
}

// Returns takes the return of Lead, after which a process only watches.
func (f *Follower) Returns() error {
	return f.only(func(g guess, keep func(guess)) {
		f.may(g, func(g guess) {
			if g.mode == idle {
				keep(g)
			}
		})
	})
}
