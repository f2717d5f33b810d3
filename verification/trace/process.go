package trace

import (
	"time"

	"example.com/incumbent/verification/model"
	"example.com/incumbent/verification/sim/check"
)

const (
	rounding = 20 * time.Microsecond // of clocks and timers in a simulation
	drift    = 0.05                  // by how much a clock may be wrong
)

// process is one that is followed.
type process struct {
	*model.Follower

	n         int
	candidate bool
	gone      bool
	settings  model.Settings
	clock     clock
	shown     model.Lease   // the longest that an answer has shown
	announced time.Duration // when its work said that it needs more than its grace
	drains    time.Duration // until when; 0: it did not
}

func (w *world) newProcess(n int, s check.Started) *process {
	p := &process{n: n, candidate: s.Candidate, clock: clock{rate: s.Rate}}
	p.settings = w.settings(n, s.Settings)
	p.Follower = model.NewFollower(p.settings)
	p.Excused = func(anchor model.Moment, over time.Duration) bool { return w.excused(p, anchor, over) }
	p.Held = func(since time.Duration) time.Duration { return p.clock.held(since, w.now) }
	return p
}

// settings are the model's for those of a process. The durations are those of
// docs/protocol.md.
func (w *world) settings(n int, s check.Settings) model.Settings {
	m := model.Settings{
		Number: n, Lease: w.lease(s.Lease), Immediate: s.Immediate, Rounding: rounding,
		Slack: max(s.Lease/50, 50*time.Millisecond), Attempt: max(s.Lease/10, 250*time.Millisecond),
	}
	for _, l := range w.leases {
		trust := l * 3 / 5
		m.Timings = append(m.Timings, model.Timing{Lease: l, Trust: trust, End: trust + s.Grace})
	}
	return m
}

// excused reports whether a declared assumption was broken: work was held up, or needs
// longer than its grace.
func (w *world) excused(p *process, anchor model.Moment, over time.Duration) bool {
	held := time.Duration(float64(p.clock.held(anchor.At, w.now)) * p.clock.rate)
	drains := p.drains > 0 && w.now <= p.drains+p.settings.Slack+p.clock.held(p.announced, w.now)
	if held < over && !drains {
		return false
	}
	w.result.Excused++
	return true
}

// workStep maps what work does.
func (w *world) workStep(p *process, ev check.Event) (bool, error) {
	switch ev := ev.(type) {
	case check.Began:
		p.announced, p.drains = 0, 0
		return true, p.Begins(ev.Term, p.clock.moment(p.clock.ranUntil(w.now)))
	case check.Stepped:
		return true, w.acts(p, ev.Term, ev.Age)
	case check.Believed:
		if !ev.Leads || p.Working() == 0 {
			return false, nil // before work begins and after it has returned only trust counts
		}
		return true, w.acts(p, p.Working(), ev.Age)
	case check.Noticed:
		return true, p.Notices(causes[ev.Cause])
	case check.Drains:
		p.announced, p.drains = w.now, w.now+ev.For
	case check.Ended:
		return true, p.Ends(ev.Term)
	}
	return false, nil
}

func (w *world) acts(p *process, term int64, age time.Duration) error {
	looked := w.now - age
	return p.Acts(term, p.clock.moment(looked), p.clock.waited(looked, p.settings.Attempt))
}

// causes are why contexts end, in the words of package election.
var causes = map[string]model.Why{
	"step_down": model.Asked, "expired": model.Expired, "lost": model.ShownTheEnd,
}

// lifeStep maps what a process is, and what is done to it.
func (w *world) lifeStep(p *process, ev check.Event) (bool, error) {
	switch ev := ev.(type) {
	case check.Configured:
		p.settings = w.settings(p.n, ev.Settings)
		p.Configure(p.settings, p.shown)
		return true, p.settings.Fits(drift)
	case check.Returned:
		return true, p.Returns()
	case check.Crashed, check.Stopped:
		p.gone = true
	case check.Stalled:
		p.clock.hold(w.now, ev.For)
	case check.Suspended:
		p.clock.hold(w.now, ev.For)
		lost, set := time.Duration(float64(ev.For)*p.clock.rate), time.Duration(0)
		if ev.Both {
			set = -lost
		}
		p.clock.shift(w.now, lost, set)
	case check.WallSet:
		p.clock.shift(w.now, 0, ev.By)
	default:
		return false, nil
	}
	return true, nil
}
