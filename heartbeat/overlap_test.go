package heartbeat_test

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"example.com/incumbent/heartbeat"
)

func sortByTime(d []delivery) {
	slices.SortStableFunc(d, func(a, b delivery) int { return cmp.Compare(a.at, b.at) })
}

// duel simulates a leader that is cut off at some time and a judge that takes
// over, each on a clock that runs at a rate of its own, over a network that
// delays and loses. Time is real time; the two sides only ever see their clocks.
type duel struct {
	random *rand.Rand
	timing heartbeat.Timing
	now    time.Duration
	queue  []delivery
	delay  time.Duration // the longest on the network, one way

	leader, judge rate
	pulse         *heartbeat.Pulse
	verdict       heartbeat.Judge
	register      heartbeat.Beat
	cut           time.Duration // from here on nothing of the leader gets through

	worked time.Duration // when the leader's work was over
	taken  time.Duration // when the judge's compare-and-set was executed

	anchorAtReply bool // a mistake, to see that it is found
}

// rate is a clock that is so much too fast or too slow.
type rate struct{ mono, wall float64 }

func (r rate) at(passed time.Duration) heartbeat.Instant {
	return clocks(time.Duration(float64(passed)*r.mono), time.Duration(float64(passed)*r.wall))
}

// real is how long d of the monotonic clock takes.
func (r rate) real(d time.Duration) time.Duration { return time.Duration(float64(d) / r.mono) }

func newDuel(random *rand.Rand, timing heartbeat.Timing) *duel {
	extreme := func() float64 { return 1 + float64(random.IntN(3)-1)*timing.Drift }
	d := &duel{random: random, timing: timing, leader: rate{extreme(), extreme()}, judge: rate{extreme(), extreme()}}
	if random.IntN(2) == 0 {
		d.delay = time.Duration(random.Int64N(int64(timing.Attempt)))
	}
	d.cut = time.Duration(random.Int64N(int64(3 * timing.Lease)))
	return d
}

func (d *duel) after(wait time.Duration, do func()) {
	d.queue = append(d.queue, delivery{d.now + wait, do})
}

// travels does something on the other side of the network, or never.
func (d *duel) travels(do func()) {
	if d.random.IntN(5) == 0 {
		return // lost
	}
	d.after(time.Duration(d.random.Int64N(int64(d.delay)+1)), do)
}

// run returns by how much the work of the leader outlived the takeover.
func (d *duel) run() (overlap time.Duration) {
	d.register = beat(1, 0)
	d.register.Lease = d.timing.Lease
	d.pulse = heartbeat.NewPulse(d.timing, d.leader.at(0), d.random.Float64())
	d.lead()
	d.beat(d.register)
	d.look()
	d.decide()
	for events := 0; d.worked == 0 || d.taken == 0; events++ {
		if events > 100_000 {
			panic("the simulation does not come to an end")
		}
		sortByTime(d.queue)
		next := d.queue[0]
		d.queue = d.queue[1:]
		d.now = next.at
		next.do()
	}
	return d.worked - d.taken
}

// lead is the leader's work: it goes on for as long as it may, and a little
// longer, by as much as timers may be late.
func (d *duel) lead() {
	now := d.leader.at(d.now)
	d.pulse.Expire(now)
	if left := d.pulse.Grace(now); left > 0 {
		d.after(min(d.leader.real(left), 100*time.Millisecond)+1, d.lead)
		return
	}
	d.after(d.leader.real(d.timing.Slack), func() { d.worked = d.now })
}

// beat sends the sign after confirmed when it is due, and again until it is
// confirmed.
func (d *duel) beat(confirmed heartbeat.Beat) {
	next := beat(1, confirmed.Count+1)
	next.Lease = confirmed.Lease
	var first *heartbeat.Instant
	done := false
	var attempt func()
	attempt = func() {
		now := d.leader.at(d.now)
		if done || d.now > d.cut {
			return
		}
		if !d.pulse.Due(now) {
			d.after(d.leader.real(d.pulse.Next().Mono-now.Mono)+1, attempt)
			return
		}
		if first == nil {
			first = &now
		}
		d.pulse.Fail(now) // until it is answered
		d.travels(func() {
			if d.register == confirmed {
				d.write(next)
			}
			d.travels(func() {
				if done || d.register.Term != 1 {
					return
				}
				done = true
				sent, answered := *first, d.leader.at(d.now)
				if d.anchorAtReply {
					sent = answered
				}
				d.pulse.Confirm(sent, answered, d.random.Float64())
				d.beat(next)
			})
		})
		d.after(d.leader.real(d.timing.Retry()), attempt)
	}
	d.after(0, attempt)
}

// write sets the register and pushes what was written, sometimes twice.
func (d *duel) write(s heartbeat.Beat) {
	d.register = s
	for range d.random.IntN(3) {
		d.travels(func() { d.verdict.Notify(s, d.judge.at(d.now)) })
	}
}

// look asks for the register now and then.
func (d *duel) look() {
	sent := d.judge.at(d.now)
	d.travels(func() {
		s := d.register
		d.travels(func() { d.verdict.Observe(s, sent, d.judge.at(d.now)) })
	})
	d.after(d.judge.real(time.Duration(float64(d.timing.Beat)*(0.5+d.random.Float64()))), d.look)
}

// decide takes over as early as the rules allow.
func (d *duel) decide() {
	pause := 100 * time.Millisecond
	if silent, left := d.verdict.Silent(d.judge.at(d.now)); silent {
		expected, _ := d.verdict.Beat()
		d.travels(func() {
			if d.register.Bytes == expected.Bytes && d.taken == 0 {
				d.register, d.taken = beat(2, 0), d.now
			}
		})
	} else if left > 0 {
		pause = min(pause, d.judge.real(left)+1)
	}
	if d.taken == 0 {
		d.after(pause, d.decide)
	}
}

// overlaps runs duels and returns the worst overlap of all.
func overlaps(random *rand.Rand, runs int, setUp func(*duel)) time.Duration {
	worst := -time.Hour
	for range runs {
		d := newDuel(random, atTheBound(random))
		setUp(d)
		worst = max(worst, d.run())
	}
	return worst
}

// atTheBound is a timing whose trust, grace and slack fill what the lease allows.
func atTheBound(random *rand.Rand) heartbeat.Timing {
	timing := heartbeat.ForLease(heartbeat.MinLease + time.Duration(random.Int64N(int64(20*time.Second))))
	timing.Grace = timing.MaxGrace()
	return timing
}

func TestWorkIsOverBeforeAnybodyTakesOver(t *testing.T) {
	random := seeded(t)
	if worst := overlaps(random, 2000, func(*duel) {}); worst > time.Microsecond {
		t.Errorf("work outlived a takeover by %v", worst)
	}
}

// The simulation is of use only if it finds what breaks the rules.
func TestTheSimulationFindsMistakes(t *testing.T) {
	for name, mistake := range map[string]func(*duel){
		"grace beyond the bound":      func(d *duel) { d.timing.Grace += d.timing.Lease / 20 },
		"trust counts from the reply": func(d *duel) { d.anchorAtReply, d.delay = true, d.timing.Attempt },
		"a clock worse than assumed":  func(d *duel) { d.leader = rate{0.85, 0.85} },
	} {
		if worst := overlaps(seeded(t), 1000, mistake); worst <= 0 {
			t.Errorf("%s: no overlap found, the nearest was %v", name, worst)
		}
	}
}
