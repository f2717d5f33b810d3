package processes

import (
	"context"
	"fmt"
	"strings"
	"time"

	"example.com/incumbent/lock"
)

// The set that all children spread, evenly.
const set = "set"

var setNames = func() (all []string) {
	for i := range 3 * children {
		all = append(all, fmt.Sprintf("set/%02d", i))
	}
	return all
}()

// spread has the child spread the set until ctx ends.
func (p *process) spread(ctx context.Context) {
	err := p.locks.Spread(ctx, set, setNames, func(name string) lock.Work {
		return func(ctx context.Context, term lock.Term) error {
			l := line{Kind: "begin", N: p.count.Add(1), Name: name, Term: int64(term)}
			p.note(l)
			for ctx.Err() == nil {
				p.write(ctx, l)
				time.Sleep(20 * time.Millisecond)
			}
			l.T, l.Kind = 0, "end"
			p.note(l)
			return nil
		}
	})
	if err != nil {
		p.note(line{Kind: "error", Name: set, Text: err.Error()})
	}
}

// evenly waits until all children that go on run as many names of the set, and go on so.
func (p *parent) evenly() {
	p.Helper()
	for _, c := range p.living {
		if c.stopped != 0 {
			p.goOn(c)
		}
	}
	began, since := monotonic(), time.Duration(0)
	for since == 0 || monotonic() < since+time.Second {
		time.Sleep(20 * time.Millisecond)
		p.drain()
		switch even := p.isEven(); {
		case !even && since != 0:
			p.Error("names of the set move in a calm")
			return
		case even && since == 0:
			since = monotonic()
			p.even = since - began
		case monotonic() > began+5*lease:
			p.Error("the set is not even")
			return
		}
	}
}

func (p *parent) isEven() bool {
	p.Helper()
	fields, err := p.rdb.HGetAll(p.Context(), "incumbent:{locks}:space").Result()
	if err != nil {
		p.Fatal(err)
	}
	loads := map[string]int{}
	for field, value := range fields {
		if strings.HasPrefix(field, "l:0:+"+set+"+") {
			sid, _, _ := strings.Cut(value, ":")
			loads[sid]++
		}
	}
	for sid, n := range loads {
		if n != len(setNames)/children || fields["s:"+sid] == "" {
			return false
		}
	}
	return len(loads) == children
}
