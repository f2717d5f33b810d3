// Package second judges simulated histories by the safety properties of the protocol,
// a second time and independently of package check, so that what one of the two does
// not see shows as a disagreement. It shares nothing with check but the events and
// the parser of records.
//
// It works the other way round: it reads the whole history first, into tables of
// processes, terms, requests and writes, and then goes through these tables rule by
// rule, with all that happened at hand. It knows nothing of liveness.
//
// It judges the simulation in the long tests only. It may go when both have judged the
// runs that docs/verification.md publishes and agreed, and package check has got no new
// safety rule since.
package second

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"example.com/incumbent/verification/sim/check"
)

// A Rule is one property.
type Rule string

// The rules.
const (
	Overlap    Rule = "overlap"    // no two works at a time, unless a declared assumption is broken
	Terms      Rule = "terms"      // terms rise as they are granted, each with one holder
	Transition Rule = "transition" // a write is a compare-and-set that the protocol has, with bytes that are new
	Fence      Rule = "fence"      // no resource accepts an older term after a newer one
	Pairs      Rule = "pairs"      // begins and ends alternate, with equal terms
	Trust      Rule = "trust"      // nobody works, or believes to lead, past its trust
	Release    Rule = "release"    // no vacancy while the work of its term runs, nor of a former term that was seen to be over
	Pause      Rule = "pause"      // in a pause no work begins, and nothing but a wish or its time ends it
	Early      Rule = "early"      // a record that is held stands for its lease
)

// A Violation is a broken property.
type Violation struct {
	Rule Rule
	At   time.Duration
	Text string
}

func (v Violation) String() string {
	return fmt.Sprintf("%v: %s: %s", v.At, v.Rule, v.Text)
}

// A Verdict is what there is to say about a history.
type Verdict struct {
	Violations []Violation
	Explained  map[check.Assumption]int // overlaps, by the assumption that was broken
}

// Judge judges a whole history.
func Judge(entries []check.Entry) Verdict {
	s := read(entries)
	s.judgeOverlaps()
	s.judgeTerms()
	s.judgeWrites()
	s.judgeNonces()
	s.judgePauses()
	s.judgeFences()
	s.judgePairs()
	s.judgeTrust()
	s.judgeReleases()
	s.judgeFormers()
	s.judgeWaits()
	slices.SortStableFunc(s.Violations, func(a, b Violation) int { return cmp.Compare(a.At, b.At) })
	return s.Verdict
}

func (s *story) violate(rule Rule, at time.Duration, format string, args ...any) {
	s.Violations = append(s.Violations, Violation{rule, at, fmt.Sprintf(format, args...)})
}
