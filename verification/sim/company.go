package sim

import (
	"fmt"
	"strings"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/verification/sim/check"
)

// Other elections, of which nothing but their leaders is asked, on the connection of
// the one that counts: what is asked at about the same time shares a packet.

// companies is how many there are.
const companies = 5

func company(i int) string { return fmt.Sprint("company", i) }

// companyRecord is what the key of one of them holds, always.
func companyRecord(key string) answer {
	name := strings.TrimSuffix(strings.TrimPrefix(key, "incumbent:{"), "}")
	led := record.Record{Status: record.Led, Term: 7, Lease: 15 * time.Second, Holder: name, Nonce: "AAAABBBBCCCCDDDD", ID: "-"}
	return answer{now: register.Contents{Present: true, Bytes: led.String()}, time: time.Now()}
}

// gossip asks who leads them, now and then, all at about the same time.
func (p *process) gossip(c chance) {
	var all []*election.Elector
	for i := range companies {
		e, err := p.conn.Elector(election.Config{Name: company(i), Lease: p.w.profile.leases[0], Logger: p.elector.Load().Logger()})
		if err != nil {
			panic(err)
		}
		all = append(all, e)
	}
	for p.ctx.Err() == nil {
		p.sleep(p.ctx, c.spread(p.w.profile.leases[0]/5, 2*p.w.profile.leases[0]))
		for _, e := range all {
			d := p.w.slots.after(time.Microsecond, p.n, inGossip)
			p.calls.Go(func() { p.ask(e, d) })
		}
	}
}

// ask asks in d who leads one of them. No answer is fine, another's is not.
func (p *process) ask(e *election.Elector, d time.Duration) {
	time.Sleep(d)
	if p.w.isCalm() || p.ctx.Err() != nil {
		return
	}
	l, err := e.Leader(p.ctx)
	if err == nil && l.ID != e.Name() && !p.dead.Load() {
		p.w.history.Complain(check.Answer, fmt.Sprintf("p%d asked who leads %s, and was answered %q", p.n, e.Name(), l.ID))
	}
}
