package singleton

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"example.com/incumbent/election"
)

var errWork = errors.New("the work's own")

// A pattern matches outcomes and policies. A field that is nil matches everything.
type pattern struct {
	stopped  []bool
	led      []bool
	byItself []bool
	ran      []time.Duration
	workErr  []error
	leadErr  []error
	onReturn []OnReturn
	stops    []bool // StopOnPermanent
}

// What the fields may be.
var (
	yes, no    = []bool{true}, []bool{false}
	either     = []bool{false, true}
	aLease     = 15 * time.Second
	durations  = []time.Duration{0, 2 * aLease, 2*aLease + 1}
	workErrs   = []error{nil, errWork, fmt.Errorf("inner: %w", election.ErrConfig)}
	permanent  = []error{election.ErrDenied, election.ErrUnfit, election.ErrForeignRecord}
	forGood    = []error{election.ErrConfig, election.ErrClosed, election.ErrRunning, errWork, nil} // no campaign would mend it
	otherEnds  = []error{election.ErrLost, election.ErrExpired, election.ErrDenied, election.ErrConfig, election.ErrClosed, election.ErrUnfit, election.ErrForeignRecord, election.ErrRunning, errWork, nil}
	leadErrs   = append([]error{election.ErrStepDown, election.ErrStalled}, otherEnds...)
	returns    = []OnReturn{OnReturnRelease, OnReturnRestart, OnReturnStop}
	goesOn     = []OnReturn{OnReturnRelease, OnReturnRestart}
	stopsOnEnd = []OnReturn{OnReturnStop}
)

// follows is what follows each outcome under each policy. Each pair of them is in exactly
// one row.
var follows = map[string]struct {
	when pattern
	want func(o outcome) step
}{
	"stopped before it led": {
		pattern{stopped: yes, led: no}, func(outcome) step { return step{follow: followStop} },
	},
	"stopped while the work ran": {
		pattern{stopped: yes, led: yes, byItself: no}, func(o outcome) step { return step{follow: followStop, err: o.workErr} },
	},
	"stopped just after the work had ended by itself": {
		pattern{stopped: yes, led: yes, byItself: yes, onReturn: goesOn}, func(o outcome) step { return step{follow: followStop, log: o.workErr} },
	},
	"stopped just after the work was done": {
		pattern{stopped: yes, led: yes, byItself: yes, onReturn: stopsOnEnd},
		func(o outcome) step { return step{follow: followStop, finished: true, err: o.workErr} },
	},

	"the work is done": {
		pattern{stopped: no, led: yes, byItself: yes, onReturn: stopsOnEnd},
		func(o outcome) step { return step{follow: followStop, finished: true, err: o.workErr} },
	},
	"the work makes no sense": {
		pattern{stopped: no, led: yes, byItself: yes, workErr: workErrs[2:], onReturn: goesOn},
		func(o outcome) step { return step{follow: followStop, finished: true, err: o.workErr} },
	},
	"the work ended by itself": {
		pattern{stopped: no, led: yes, byItself: yes, workErr: workErrs[:2], onReturn: goesOn},
		func(outcome) step { return step{follow: followFailure} },
	},

	"the work stalled": {
		pattern{stopped: no, led: yes, byItself: no, leadErr: []error{election.ErrStalled}},
		func(outcome) step { return step{follow: followFailure} },
	},
	"asked to step down": {
		pattern{stopped: no, led: yes, byItself: no, leadErr: []error{election.ErrStepDown}},
		func(outcome) step { return step{follow: followCampaign} },
	},
	"the term ended, after two leases at most": {
		pattern{stopped: no, led: yes, byItself: no, leadErr: otherEnds, ran: durations[:2]},
		func(o outcome) step { return step{follow: followLoss, log: o.workErr} },
	},
	"the term ended, after more than two leases": {
		pattern{stopped: no, led: yes, byItself: no, leadErr: otherEnds, ran: durations[2:]},
		func(o outcome) step { return step{follow: followLongTerm, log: o.workErr} },
	},

	"no term, an error that no campaign would mend": {
		pattern{stopped: no, led: no, leadErr: append([]error{election.ErrStepDown, election.ErrStalled, election.ErrLost, election.ErrExpired}, forGood...)},
		func(o outcome) step { return step{follow: followStop, err: o.leadErr} },
	},
	"no term, an error that a person can mend": {
		pattern{stopped: no, led: no, leadErr: permanent, stops: no}, func(outcome) step { return step{follow: followPermanent} },
	},
	"no term, an error that a person can mend, and the policy stops": {
		pattern{stopped: no, led: no, leadErr: permanent, stops: yes}, func(o outcome) step { return step{follow: followStop, err: o.leadErr} },
	},
}

func TestWhatFollowsATerm(t *testing.T) {
	used := map[string]bool{}
	forEachOutcome(func(o outcome, p Policy) {
		var rows []string
		for name, row := range follows {
			if row.when.matches(o, p) {
				rows = append(rows, name)
			}
		}
		if len(rows) != 1 {
			t.Fatalf("%+v under %+v is in the rows %q, want one", o, p, rows)
		}
		used[rows[0]] = true
		if got, want := next(o, p, aLease), follows[rows[0]].want(o); got != want {
			t.Errorf("%s, %+v under %+v: %+v, want %+v", rows[0], o, p, got, want)
		}
	})
	for name := range follows {
		if !used[name] {
			t.Errorf("no outcome is in the row %q", name)
		}
	}
}

// forEachOutcome has f called with every outcome that there can be under every policy.
func forEachOutcome(f func(outcome, Policy)) {
	for i := range len(either) * len(either) * len(either) * len(durations) * len(workErrs) * len(leadErrs) * len(returns) * len(either) {
		draw := func(n int) int { k := i % n; i /= n; return k }
		o := outcome{stopped: draw(2) == 1, led: draw(2) == 1, byItself: draw(2) == 1, ran: durations[draw(len(durations))], workErr: workErrs[draw(len(workErrs))], leadErr: leadErrs[draw(len(leadErrs))]}
		p := Policy{OnReturn: returns[draw(len(returns))], StopOnPermanent: draw(2) == 1}
		if !o.led && (o.byItself || o.ran != 0 || o.workErr != nil) {
			continue // without a term there was no work
		}
		f(o, p)
	}
}

func (p pattern) matches(o outcome, of Policy) bool {
	return in(p.stopped, o.stopped) && in(p.led, o.led) && in(p.byItself, o.byItself) && in(p.ran, o.ran) &&
		in(p.workErr, o.workErr) && in(p.leadErr, o.leadErr) && in(p.onReturn, of.OnReturn) && in(p.stops, of.StopOnPermanent)
}

func in[T comparable](some []T, v T) bool { return some == nil || slices.Contains(some, v) }
