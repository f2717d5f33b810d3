package chaos

import (
	"slices"
	"strings"
	"time"

	"example.com/incumbent/internal/sim/check"
)

// busy is for how much of a calm time the machine may be late in all before what has
// to happen soon is no longer held against anybody.
const busy = 100 * time.Millisecond

// tally counts what the checker doesn't, and knows how late the machine is.
type tally struct {
	key     check.State
	working map[int]bool

	quarantined, handovers, takeovers int
	faults, reports                   map[string]int

	calm       bool
	since      time.Duration // the calm
	leaderless time.Duration // since when, in the calm
	waiting    bool          // nobody leads in the calm
	longest    time.Duration // that nobody led in a calm
	calms      int

	stalls   int
	stalled  time.Duration // the longest of them
	lateness time.Duration // of the machine, in this calm
	excuses  []string
	late     int // entries that came too late to be judged in order
	unseen   int // writes of a dying server
}

func newTally() *tally {
	return &tally{working: map[int]bool{}, faults: map[string]int{}, reports: map[string]int{}}
}

// see follows the history.
func (t *tally) see(e check.Entry) {
	switch ev := e.Event.(type) {
	case check.Wrote:
		t.wrote(ev.Now)
	case check.Put:
		t.key = ev.Now
	case check.Forgot:
		t.key = check.State{}
	case check.Began:
		t.working[e.Proc] = true
		t.led(e.At)
	case check.Ended, check.Crashed:
		delete(t.working, e.Proc)
		t.vacant(e.At)
	case check.Calm:
		t.calm, t.since, t.lateness = true, e.At, 0
		t.calms++
		t.vacant(e.At)
	case check.Storm:
		t.led(e.At)
		t.calm = false
	case check.Stalled:
		t.stalls++
		t.stalled = max(t.stalled, ev.For)
		t.held(e.At, ev.For)
	case check.Told:
		t.reports[strings.TrimSpace(ev.Kind+" "+ev.Reason)]++
	case check.Fault:
		if !ev.Ends {
			t.faults[ev.Kind]++
		}
	}
}

func (t *tally) wrote(now check.State) {
	if now.Status == check.Led && !now.SameOwner(t.key) {
		switch t.key.Status {
		case check.Quarantined:
			t.quarantined++
		case check.Vacant:
			t.handovers++
		default:
			t.takeovers++
		}
	}
	t.key = now
}

// led ends a time in which nobody did.
func (t *tally) led(at time.Duration) {
	if t.waiting {
		t.longest = max(t.longest, at-t.leaderless)
	}
	t.waiting = false
}

func (t *tally) vacant(at time.Duration) {
	if t.calm && len(t.working) == 0 && !t.waiting {
		t.waiting, t.leaderless = true, at
	}
}

// held notes that something of the machine was late in the calm.
func (t *tally) held(from, d time.Duration) {
	if t.calm {
		t.lateness += max(0, from+d-max(from, t.since))
	}
}

// leader is a process that works, or 0.
func (t *tally) leader() int {
	for proc := range t.working {
		return proc
	}
	return 0
}

// timely are the rules about what has to happen soon when nothing is wrong.
var timely = []check.Rule{check.Liveness, check.Handover, check.Steady}

// excuse reports whether a finding in a calm is the machine's.
func (t *tally) excuse(v check.Violation) bool {
	if !slices.Contains(timely, v.Rule) || t.lateness < busy {
		return false
	}
	t.excuses = append(t.excuses, v.String()+", while the machine was late by "+t.lateness.String())
	return true
}
