package space

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.com/incumbent/internal/balance"
	"example.com/incumbent/lock"
	"example.com/incumbent/verification/space/account"
)

// The names of a set that all processes spread. In every third seed some do not know the last.
const (
	set      = "set"
	setNames = 11
)

// namesOf are names of the set, as the book knows them.
func namesOf(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("%s%02d", account.SetPrefix, i)
	}
	return all
}

// differ says whether processes know different names.
func (r Run) differ() bool { return r.Seed%3 == 0 }

// spread spreads the set until the process ends. Now and then it leaves, and comes back.
func (p *process) spread() {
	names := namesOf(setNames)
	if p.w.of.differ() && p.w.happens(0.3) {
		names = names[:setNames-1]
	}
	for !p.dead() && !p.w.isOver() {
		ctx, cancel := context.WithCancel(p.ctx)
		ends := time.AfterFunc(2*lease+p.w.up(20*lease), func() {
			if !p.w.isCalm() {
				cancel()
			}
		})
		stop := make(chan struct{})
		go func() {
			select {
			case <-p.w.over:
				cancel()
			case <-stop:
			}
		}()
		err := p.space.Spread(ctx, set, names, func(name string) lock.Work {
			return func(ctx context.Context, term lock.Term) error { return p.runs(ctx, name, int64(term)) }
		})
		close(stop)
		ends.Stop()
		if err != nil {
			p.w.book.Break(account.StuckName, "p%d: spread ends: %v", p.n, err)
		}
		cancel()
		if !p.w.isCalm() {
			p.sleep(p.ctx, p.w.up(lease))
		}
	}
}

// runs is work of a name of the set: it writes until its context ends. Now and then it returns by
// itself, or goes on for longer.
func (p *process) runs(ctx context.Context, name string, term int64) error {
	w := p.w
	p.stand()
	if p.dead() {
		return errCut
	}
	entry := w.book.Begin(p.n, name, 1, term)
	for ctx.Err() == nil {
		p.pause(ctx, w.up(300*time.Millisecond))
		if p.dead() {
			return errCut
		}
		if ctx.Err() == nil {
			p.stumble()
			w.book.Write(entry)
		}
		if !w.isCalm() && w.happens(0.01) {
			w.book.End(entry, false)
			return errors.New("returned by itself")
		}
	}
	p.linger()
	w.book.End(entry, true)
	return ctx.Err()
}

// balanced looks at the set for some time in the calm: each name runs all the time, and where all
// know the same names, no process has more than the bound. Where they do not, names may still move,
// and a look may fall between two works.
func (w *world) balanced(d time.Duration) {
	missed := 0 // looks in a row
	for until := time.Now().Add(d); time.Now().Before(until); time.Sleep(100 * time.Millisecond) {
		loads := w.book.Loads()
		n := 0
		for _, load := range loads {
			n += load
		}
		w.change(func(f *Faults) { f.Looks++ })
		if missed++; n == setNames {
			missed = 0
		}
		switch most := balance.Bound(setNames, processes); {
		case w.of.differ() && missed < 3:
		case n != setNames:
			w.book.Break(account.StuckName, "%d of %d names of the set run: %v", n, setNames, loads)
			return
		case len(loads) != processes, highest(loads) > most:
			w.book.Break(account.Uneven, "loads %v", loads)
			return
		}
	}
}

func highest(loads map[int]int) int {
	most := 0
	for _, n := range loads {
		most = max(most, n)
	}
	return most
}
