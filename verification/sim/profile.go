package sim

import (
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/heartbeat"
	"example.com/incumbent/verification/sim/check"
)

// profile is what kind of a run it is: each seed has some faults and some kinds
// of processes, not all of them, and they come more or less often.
type profile struct {
	leases    []time.Duration // that processes may have
	size      int             // how many candidates
	watched   bool            // an observer runs along
	pace      time.Duration   // between faults, on average
	kinds     map[string]bool // of faults
	latency   time.Duration   // of the network, at most
	late      bool            // some writes to the resources are late
	failing   bool            // work may end by itself
	lingering bool            // work may need more than its grace
	immediate bool            // some don't quarantine
	once      bool            // some try only once at a time
	twins     bool            // all have the same ID
	company   bool            // other elections share the connections; on the register
	scheduled bool            // leaders keep a schedule; on miniredis
	stalling  bool            // work reports progress, and some of it hangs
}

// newProfile draws one. The lease is drawn, too, if it is not given.
func newProfile(c chance, lease time.Duration) profile {
	if drawn := pick(c, 2, 3, 3, 5, 5, 10, 15, 15, 30); lease == 0 {
		lease = time.Duration(drawn) * time.Second
	}
	p := profile{
		leases:    []time.Duration{lease},
		size:      2 + c.IntN(3),
		watched:   c.oneIn(2),
		latency:   c.spread(time.Millisecond, 20*time.Millisecond),
		late:      !c.oneIn(3),
		failing:   !c.oneIn(3),
		lingering: !c.oneIn(3),
		immediate: c.oneIn(12),
		once:      c.oneIn(6),
		twins:     c.oneIn(10),
		kinds:     map[string]bool{},
	}
	if c.oneIn(4) {
		p.leases = append(p.leases, c.between(heartbeat.MinLease, heartbeat.MinLease+2*lease).Truncate(time.Second))
	}
	p.pace = time.Duration(float64(p.leases[0]) * (0.1 + 1.5*c.Float64()))
	share := 0.2 + 0.7*c.Float64()
	for _, f := range catalogue() {
		if c.Float64() < share {
			p.kinds[f.kind] = true
		}
	}
	p.company = c.oneIn(4)
	p.scheduled = c.oneIn(3)
	return p
}

// settings are one process' own.
type settings struct {
	observes  bool
	lease     time.Duration
	grace     time.Duration
	coolDown  time.Duration
	stall     time.Duration
	rate      float64
	once      bool
	immediate bool
	retries   bool // its client sends again what was not answered
}

// settings draws them for a process.
func (p profile) settings(c chance) settings {
	s := settings{lease: pick(c, p.leases...), rate: 1}
	timing := heartbeat.ForLease(s.lease)
	switch c.IntN(4) {
	case 0:
		s.grace = timing.MaxGrace().Truncate(time.Millisecond) // nothing to spare
	case 1:
		s.grace = c.between(timing.Grace/10, timing.MaxGrace()).Truncate(time.Millisecond)
	}
	switch c.IntN(4) {
	case 0:
		s.rate = 0.95
	case 1:
		s.rate = 1.05
	case 2:
		s.rate = 0.95 + 0.1*c.Float64()
	}
	if c.oneIn(4) {
		s.coolDown = c.spread(time.Millisecond, s.lease)
	}
	if p.stalling {
		s.stall = stallOf(s.lease)
	}
	s.retries = c.oneIn(4)
	s.once = p.once && c.oneIn(2)
	s.immediate = p.immediate && c.oneIn(2)
	return s
}

// stallOf is longer than work rests between two steps.
func stallOf(lease time.Duration) time.Duration { return lease * 3 / 2 }

// config is an election's for a process of these settings.
func (s settings) config() election.Config {
	cfg := election.Config{Name: name, Lease: s.lease, Grace: s.grace, CoolDown: s.coolDown, Stall: s.stall}
	if s.immediate {
		cfg.Bootstrap = election.BootstrapImmediate
	}
	return cfg
}

// told is what the checker is told of them.
func (s settings) told() check.Settings {
	t := check.Settings{
		Lease: s.lease, Grace: s.grace, CoolDown: s.coolDown, Release: min(5*time.Second, s.lease),
		Once: s.once, Immediate: s.immediate, Stall: s.stall,
	}
	if t.Grace == 0 {
		t.Grace = s.lease / 5
	}
	if t.CoolDown == 0 {
		t.CoolDown = max(s.lease/3, time.Second)
	}
	return t
}
