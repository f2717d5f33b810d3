package space

// Rates of the clocks, in units of their own that they count during one tick of true
// time, and the durations in such units, as in package model: a judge's clock is as fast
// and a holder's as slow as they may be, and (T + G)/(1 - r) = L/(1 + r) holds exactly.
const (
	fastClock, slowClock = 3, 1 // of two units a tick: r = 1/2

	leaseUnits, trustUnits, graceUnits = 9, 2, 1

	leaseTicks = (leaseUnits + fastClock - 1) / fastClock // before this no judge has counted a lease
	trustTicks = trustUnits / slowClock                   // by now a session is not trusted
	endTicks   = (trustUnits + graceUnits) / slowClock    // by now its works are over
)

// tick lets a tick of true time pass.
func (m *system) tick(s *state) bool {
	for p := range s.procs[:m.cfg.Processes] {
		m.tickSession(s, p)
	}
	for i := range s.ages {
		for b := range s.ages[i] {
			older(&s.ages[i][b])
		}
	}
	for i := range s.waits {
		older(&s.waits[i])
	}
	return true
}

// older counts a tick of what has begun, for as long as a judge counts.
func older(age *uint8) {
	if *age > 0 {
		*age = min(*age+1, leaseTicks+1)
	}
}

// tickSession ends trust, and the work with its grace. Nothing else is ever forced to happen.
func (m *system) tickSession(s *state, p int) {
	q := &s.procs[p]
	if q.phase == none {
		return
	}
	q.trust = min(q.trust+1, m.end)
	if q.sent {
		q.age = min(q.age+1, m.end)
	}
	if q.trust >= trustTicks && (q.phase == making || q.phase == live) {
		q.phase, q.sent, q.age = expired, false, 0
	}
	if q.trust >= m.end && q.works() {
		m.stop(s, p)
	}
}
