package election

import (
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
)

// knowledge is what a candidate knows besides the record that it tracks. An instant that
// has passed, as the zero one has, holds up nothing.
type knowledge struct {
	bootstrap    Bootstrap
	everSeen     bool          // there was a record of this election
	longestLease time.Duration // in use for this election, the candidate's own included
	former       record.Grant  // of the candidate's own: its work has ended, its record may stand; zero: none

	coolDownEnds heartbeat.Instant
	turnBegins   heartbeat.Instant // a vacancy is left to others until then
	silenceEnds  heartbeat.Instant // the record was waited for long enough then

	single  bool  // a single attempt
	decided error // why that has ended; nil: it has not
}

// act is one of the things that a candidate can do.
type act string

const (
	actWait       act = "wait"
	actGrant      act = "grant"      // replace the record by one that names this candidate
	actQuarantine act = "quarantine" // mark the absence of a record
	actLengthen   act = "lengthen"   // have a quarantine last for the longest lease
	actVacate     act = "vacate"     // release what is left of a former term of our own
	actStop       act = "stop"       // the single attempt is decided
	actRefuse     act = "refuse"     // the key holds no record: nothing is written there
)

// action is what a candidate does next.
type action struct {
	act  act
	wait time.Duration // of actWait: for so long, if nothing else is seen meanwhile
}

// decide returns what a candidate does next. It judges the record that was seen last, by
// what else the candidate knows, as of now. It has no side effects: whoever calls it acts,
// and every act but waiting is a compare-and-set on exactly what was seen, or an end.
func decide(seen register.Observation, k knowledge, now heartbeat.Instant) action {
	switch left, coolingDown := k.coolDown(now); {
	case k.decided != nil:
		return action{act: actStop}
	case seen.Foreign != nil:
		return action{act: actRefuse}
	case seen.Rec.Held() && seen.Rec.Grant() == k.former:
		return action{act: actVacate}
	case coolingDown:
		return action{act: actWait, wait: left}
	case !seen.Present:
		return k.onAbsence()
	case seen.Rec.Status == record.Vacant:
		return grantAfter(k.turnBegins.Since(now))
	case seen.Rec.Status == record.Quarantined && seen.Rec.Lease < k.longestLease:
		return action{act: actLengthen}
	}
	return grantAfter(k.silenceEnds.Since(now))
}

// coolDown returns how much of the cool-down is left. A single attempt has none.
func (k knowledge) coolDown(now heartbeat.Instant) (left time.Duration, coolingDown bool) {
	left = k.coolDownEnds.Since(now)
	return left, left > 0 && !k.single
}

// onAbsence is what follows when there is no record: Redis may have forgotten one, with
// its leader at work. It is led at once only if that is wanted, and if this process has
// never seen a record.
func (k knowledge) onAbsence() action {
	if k.bootstrap == BootstrapImmediate && !k.everSeen {
		return action{act: actGrant}
	}
	return action{act: actQuarantine}
}

// grantAfter is a grant, once the record was left alone for as long as it must be.
func grantAfter(left time.Duration) action {
	if left > 0 {
		return action{act: actWait, wait: left}
	}
	return action{act: actGrant}
}
