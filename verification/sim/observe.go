package sim

import (
	"example.com/incumbent/verification/sim/check"
)

// observe watches who leads, and begins anew now and then.
func (p *process) observe(c chance) {
	for p.ctx.Err() == nil {
		ctx, cancel := p.lasting(c.spread(p.settings.lease, 100*p.settings.lease))
		for leader, err := range p.elector.Load().Observe(ctx) {
			term := int64(leader.Term)
			if err != nil {
				term = -1
			}
			p.log(check.Observed{Term: term})
		}
		p.log(check.Observed{Term: -1})
		cancel()
	}
}
