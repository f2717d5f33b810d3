package space

// Lease names one of two leases that processes can have.
type Lease uint8

// The leases.
const (
	Short Lease = iota
	Long
	leases
)

// Rates of the clocks, in units of their own that they count during one tick of true
// time, as in package model: a judge's clock is as fast and a holder's as slow as they may be.
const fastClock, slowClock = 3, 1 // of two units a tick: r = 1/2

// timings are durations in such units, for which (T + G)/(1 - r) = L/(1 + r) holds exactly.
var timings = [leases]struct{ lease, trust, grace int }{
	Short: {lease: 9, trust: 2, grace: 1},
	Long:  {lease: 12, trust: 3, grace: 1},
}

// ticks are the same durations in true time, each at its worst.
type ticks struct {
	lease uint8 // before this no judge has counted a lease
	trust uint8 // by now a session is not trusted
	end   uint8 // by now its works are over
}

func (l Lease) ticks() ticks {
	t := timings[l]
	return ticks{
		lease: uint8((t.lease + fastClock - 1) / fastClock),
		trust: uint8(t.trust / slowClock),
		end:   uint8((t.trust + t.grace) / slowClock),
	}
}

// of returns the durations of a process.
func (m *system) of(p int) ticks {
	t := m.own(p).ticks()
	if m.v.ExtraGrace {
		t.end++
	}
	return t
}

// own returns the lease that a process has.
func (m *system) own(p int) Lease {
	if m.cfg.Leases == nil {
		return Short
	}
	return m.cfg.Leases[p]
}

// tick lets a tick of true time pass.
func (m *system) tick(s *state) bool {
	for p := range s.procs[:m.cfg.Processes] {
		m.tickSession(s, p)
	}
	for i := range s.ages {
		for b := range s.ages[i] {
			older(&s.ages[i][b], m.longest)
		}
	}
	for i := range s.waits {
		older(&s.waits[i], m.longest)
	}
	return true
}

// older counts a tick of what has begun, for as long as a judge counts.
func older(age *uint8, lease uint8) {
	if *age > 0 {
		*age = min(*age+1, lease+1)
	}
}

// tickSession ends trust, and the work with its grace. Nothing else is ever forced to happen.
func (m *system) tickSession(s *state, p int) {
	q := &s.procs[p]
	if q.phase == none {
		return
	}
	is := m.of(p)
	q.trust = min(q.trust+1, is.end)
	if q.sent {
		q.age = min(q.age+1, is.end)
	}
	if q.trust >= is.trust && (q.phase == making || q.phase == live) {
		q.phase, q.sent, q.age = expired, false, 0
	}
	if q.trust >= is.end && q.works() {
		m.stop(s, p)
	}
}
