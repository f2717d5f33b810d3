package model

import (
	"sync/atomic"

	"example.com/incumbent/verification/model/explore"
)

// Invariant numbers what must always hold.
type Invariant = explore.Broken

// The invariants.
const (
	Overlap      Invariant = iota + 1 // two scopes of work at once
	Terms                             // a grant whose term is not above every earlier one
	Fence                             // the resource took a write of an older grant after one of a newer
	EarlyRelease                      // a record became vacant before its owner's work had ended
	Clobber                           // a request changed a record it did not expect
	FalseLoss                         // a leader gave up a record that is still its own
	Unpaused                          // a request took a pause out of the record
	WorksPaused                       // work began although its record says that the election is paused
	Ghost                             // from here, without further faults, nobody leads again
	invariants
)

var invariantNames = [invariants]string{
	Overlap:      "two scopes of work overlap",
	Terms:        "terms do not rise in the order of the server",
	Fence:        "the fenced resource takes a write of an older grant after one of a newer",
	EarlyRelease: "a record is vacant before its owner's work has ended",
	Clobber:      "a request changes a record that it did not expect",
	FalseLoss:    "a leader gives up a record that is still its own",
	Unpaused:     "a pause is lost though nobody ended it and no memory was lost",
	WorksPaused:  "work begins in a pause",
	Ghost:        "without further faults nobody leads again",
}

// Name returns what the invariant being broken means.
func Name(i Invariant) string { return invariantNames[i] }

// number counts terms, beats and ticks. A search keeps its states small with bytes. A
// trace of a run has terms, beats and durations without bounds.
type number interface{ uint8 | int64 }

// model is the protocol, or a variant of it, within the bounds of a
// configuration.
type model[N number] struct {
	cfg     Config
	v       Variant
	counted uint32     // bits of the invariants that are watched
	ticks   []ticks[N] // by lease
	dead    bool       // dead packets are kept
	stale   bool       // what is watched is not forgotten when it is gone
	// gap is how far the term of a Q is above what was granted before. The server's
	// time would put it above; where nothing compares it, 0 keeps terms small.
	gap   N
	first N // of the processes before the first; 0 but where a run is followed
	most  N // the highest term that there is room for, and half of the highest beat
	perms [][maxProcesses]uint8
	room  int // for packets
	width int
	deeds [ownSteps]deed[N]

	// clipped is set when something was left out that is not a budget of the
	// configuration: more packets, nonces or terms than a state has room for.
	clipped atomic.Bool
}

var _ explore.System[state[uint8]] = (*model[uint8])(nil)

// newModel returns the model of a variant that watches the given invariants, all
// of them if none is given.
func newModel[N number](cfg Config, v Variant, watched ...Invariant) *model[N] {
	m := &model[N]{cfg: cfg, v: v, deeds: deeds[N](), most: 7}
	m.dead = cfg.Dead || v.blurs()
	m.stale = cfg.Stale || v.blurs() || v.FreshLook || cfg.Pushes > 0
	for _, t := range timings {
		if v.ExtraGrace {
			t.grace++
		}
		m.ticks = append(m.ticks, worst[N](t))
	}
	if cfg.Pushes > 0 {
		m.gap = 1
	}
	m.counted = ^uint32(0)
	if len(watched) > 0 {
		m.counted = 0
	}
	for _, i := range watched {
		m.counted |= 1 << i
	}
	m.perms = permutations(cfg)
	m.room = 4*cfg.Processes + 2
	m.width = headBytes + recordBytes*cfg.Pushes + procBytes*cfg.Processes + packetBytes*m.room
	if cfg.Former {
		m.width += backBytes + formerBytes*cfg.Processes
	}
	return m
}

// Init returns the state before anything has happened.
func (m *model[N]) Init() state[N] {
	s := state[N]{
		reg:     nothing[N](),
		room:    uint8(m.room),
		flushes: uint8(m.cfg.Flushes),
		crashes: uint8(m.cfg.Crashes),
		quits:   uint8(m.cfg.Quits),
		asks:    uint8(m.cfg.Asks),
		reverts: uint8(m.cfg.Reverts),
		pauses:  uint8(m.cfg.Pauses),
	}
	for p := range m.cfg.Processes {
		s.procs[p].knows = m.own(p)
	}
	return s
}

// me returns the number by which records name a process.
func (m *model[N]) me(p int) N { return m.first + N(p) + 1 }

// own returns the lease that a process is configured with.
func (m *model[N]) own(p int) Lease {
	if m.cfg.Leases == nil {
		return Short
	}
	return m.cfg.Leases[p]
}

// breaks notes the first invariant that a step breaks, if it is watched.
func (m *model[N]) breaks(s *state[N], i Invariant) {
	if s.broken == 0 && m.counted&(1<<i) != 0 {
		s.broken = i
	}
}

// clip notes that a step was left out for want of room, and returns false.
func (m *model[N]) clip() bool {
	if !m.clipped.Load() {
		m.clipped.Store(true)
	}
	return false
}
