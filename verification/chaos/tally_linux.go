package chaos

import (
	"fmt"
	"strings"
	"time"

	"example.com/incumbent/verification/sim/check"
)

const (
	// tolerance is how late one part of the machine has to be, in all, before what has to
	// happen soon is no longer held against anybody. What it is late by less than
	// that is in the bounds already.
	tolerance = 250 * time.Millisecond
	// shortest is the shortest stall that counts.
	shortest = 20 * time.Millisecond
)

// span is a part of the machine that did not get to run, or did not answer.
type span struct {
	part     int // a process of the history, or one of those below
	from, to time.Duration
}

// Parts of the machine that are no candidates.
const (
	partParent = -1 // which carries everybody's bytes
	partServer = -2
)

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

	stalls     int
	stalled    time.Duration // the longest of them
	spans      []span        // in this calm
	lease      time.Duration
	excuses    []string
	disordered []string // entries that came too late to be judged in order
	unseen     int      // writes of a dying server
}

func newTally(lease time.Duration) *tally {
	return &tally{lease: lease, working: map[int]bool{}, faults: map[string]int{}, reports: map[string]int{}}
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
		t.calm, t.since, t.spans = true, e.At, nil
		t.calms++
		t.vacant(e.At)
	case check.Storm:
		t.led(e.At)
		t.calm = false
	case check.Stalled:
		t.stalls++
		t.stalled = max(t.stalled, ev.For)
		t.held(span{e.Proc, e.At, e.At + ev.For})
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
func (t *tally) held(s span) {
	s.from = max(s.from, t.since)
	if t.calm && s.to-s.from >= shortest {
		t.spans = append(t.spans, s)
	}
}

// lateness is how late the latest part of the machine was in all between two instants,
// and which part that is.
func (t *tally) lateness(since, now time.Duration) (most time.Duration, part int) {
	sums := map[int]time.Duration{}
	for _, s := range t.spans {
		sums[s.part] += max(0, min(s.to, now)-max(s.from, since))
		if sums[s.part] > most {
			most, part = sums[s.part], s.part
		}
	}
	return most, part
}

func partName(part int) string {
	switch part {
	case partParent:
		return "the parent"
	case partServer:
		return "redis"
	}
	return fmt.Sprintf("p%d", part)
}

// leader is a process that works, or 0.
func (t *tally) leader() int {
	for proc := range t.working {
		return proc
	}
	return 0
}

// window is for how long before it is judged something that has to happen soon when
// nothing is wrong is on its way; 0 for the rules that are not about that.
func (t *tally) window(r check.Rule) time.Duration {
	switch r {
	case check.Liveness:
		return check.Bound(t.lease, true)
	case check.Handover, check.Steady:
		return t.lease
	}
	return 0
}

// excuse reports whether a finding in a calm is the machine's.
func (t *tally) excuse(v check.Violation) bool {
	late, part := t.lateness(v.At-t.window(v.Rule), v.At)
	if late < tolerance {
		return false
	}
	t.excuses = append(t.excuses, fmt.Sprintf("%v, while %s was late by %v", v, partName(part), late))
	return true
}
