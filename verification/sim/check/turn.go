package check

import "time"

// offer is a vacancy that a process was told of, and not first.
type offer struct {
	vacancy State
	until   time.Duration // it is left to those told before
}

// leastTurn is how long each of those who are told of a vacancy has before the next.
const leastTurn = 50 * time.Millisecond

// stepTurn judges, in a calm, that who is told of a vacancy second or third leaves it
// to those before. Who finds it by looking need not.
func (c *Checker) stepTurn(p *proc, ev Event) {
	switch ev := ev.(type) {
	case Offered:
		if c.calm.on && c.now < p.rests-rounding {
			c.violate(Turn, "p%d is told of %v before others, and stands back for %v more", p.n, ev.Now, p.rests-c.now)
		}
		p.offer = offer{ev.Now, c.now + stretched(time.Duration(ev.Rank-1)*leastTurn, p.clock.rate)}
	case Looked:
		p.finds(ev.Got)
	case Answered:
		p.finds(ev.Got)
	case Sent:
		if o := p.offer; c.calm.on && ev.grants() && ev.Expect == o.vacancy && c.now < o.until-rounding {
			c.violate(Turn, "p%d takes %v, %v before its turn", p.n, ev.Expect, o.until-c.now)
		}
	}
}

// finds notes that an answer has shown a vacancy.
func (p *proc) finds(s State) {
	if s == p.offer.vacancy {
		p.offer = offer{}
	}
}
