package check

import (
	"fmt"
	"time"
)

// A Rule is one promise that histories are judged by.
type Rule string

// The rules.
const (
	Overlap    Rule = "overlap"    // no two works of an election at once
	Overstay   Rule = "overstay"   // work has ended when trust and grace are over
	Early      Rule = "early"      // only a record that stood for its lease is replaced
	Transition Rule = "transition" // a record changes in the ways that the protocol has
	Terms      Rule = "terms"      // terms rise in the server's order
	Holder     Rule = "holder"     // a term has one holder
	Release    Rule = "release"    // no release before the work has ended, nor of a former term that was seen to be over
	Trust      Rule = "trust"      // nobody believes to lead, or works on, past its trust
	Fence      Rule = "fence"      // a fenced resource accepts no older term after a newer one
	Ledger     Rule = "ledger"     // a due time is started as often as its job says, and each is accounted for
	Pairs      Rule = "pairs"      // begins and ends alternate, with equal terms
	Overrun    Rule = "overrun"    // work that outlives its grace is reported
	Liveness   Rule = "liveness"   // somebody leads soon after the last fault
	Handover   Rule = "handover"   // a vacancy is filled soon
	Turn       Rule = "turn"       // and not by all who are told of it at once
	Progress   Rule = "progress"   // who leads without progress falls silent, and nobody else stalls
	Steady     Rule = "steady"     // nobody loses leadership without a fault
	Stop       Rule = "stop"       // Lead returns within the stop budget
	Ghost      Rule = "ghost"      // no grant is left behind without a word
	CoolDown   Rule = "cool-down"  // who was asked to step down leaves leadership to others
	Pause      Rule = "pause"      // in a pause no work begins, and nothing but a wish or its time ends it
	Push       Rule = "push"       // a hint tells what was just written
	Answer     Rule = "answer"     // an answer is that of its own request
	Witness    Rule = "witness"    // an observer knows who leads
	Leak       Rule = "leak"       // nothing is left when all has stopped
	Repeat     Rule = "repeat"     // a seed repeats a run exactly
	Model      Rule = "model"      // package model has a step for whatever happens; see package trace
)

// A Violation is a broken promise.
type Violation struct {
	Rule Rule
	At   time.Duration
	Text string
}

func (v Violation) String() string {
	return fmt.Sprintf("%s at %.6fs: %s", v.Rule, v.At.Seconds(), v.Text)
}

// An Assumption is one that the protocol declares, and a fault can break.
type Assumption string

// The assumptions.
const (
	NoStall     Assumption = "stall"     // work is never held up past its trust without looking
	NoOverrun   Assumption = "overrun"   // work ends within its grace
	NoRollback  Assumption = "rollback"  // Redis undoes no acknowledged write
	TrueClocks  Assumption = "clock"     // one of a machine's clocks goes on
	SameLease   Assumption = "lease"     // no shorter lease in the outage that loses the memory
	NewVersions Assumption = "version"   // all candidates know pauses, or one that does not ends a pause
	NoGrab      Assumption = "immediate" // nobody takes an absent record at once
)

// enough is how many violations are kept.
const enough = 20

// A Checker judges entries as they come.
type Checker struct {
	now        time.Duration
	procs      map[int]*proc
	register   register
	pauses     pauses
	fences     fences
	calm       calm
	faults     map[string]int
	violations []Violation
	breaches   map[Assumption]int
	suspicions []suspicion          // that are not judged yet
	excused    func(Violation) bool // nil: none is
	lateSends  bool                 // later than what trust counts from
}

func newChecker() *Checker {
	return &Checker{
		procs:    map[int]*proc{},
		register: newRegister(),
		pauses:   newPauses(),
		fences:   fences{},
		faults:   map[string]int{},
		breaches: map[Assumption]int{},
	}
}

func (c *Checker) violate(rule Rule, format string, args ...any) {
	v := Violation{rule, c.now, fmt.Sprintf(format, args...)}
	if len(c.violations) < enough && (c.excused == nil || !c.excused(v)) {
		c.violations = append(c.violations, v)
	}
}

func (c *Checker) breach(a Assumption) { c.breaches[a]++ }

// step judges one entry.
func (c *Checker) step(e Entry) {
	c.now = e.At
	c.accuse()
	c.dueCalm()
	p := c.procs[e.Proc]
	if s, ok := e.Event.(Started); ok {
		c.procs[e.Proc] = newProc(e.Proc, s)
		c.procs[e.Proc].watching = c.now
		return
	}
	c.stepWitness(e.Event)
	if p != nil {
		c.stepLife(p, e.Event)
		c.stepClient(p, e.Event)
		c.stepPauses(p, e.Event)
		c.stepTurn(p, e.Event)
		c.stepWork(p, e.Event)
		c.stepPairs(p, e.Event)
	}
	c.stepServer(e.Event)
	c.stepFaults(p, e.Event)
	c.stepCalm(p, e.Event)
}

// finish judges what must be over at the end.
func (c *Checker) finish(at time.Duration) {
	c.now = at
	c.accuse()
	c.dueCalm()
	for _, n := range c.sorted() {
		p := c.procs[n]
		if p.scope != nil {
			c.violate(Leak, "p%d still works in term %d", p.n, p.scope.term)
		}
		if !p.gone {
			c.violate(Leak, "p%d never stopped", p.n)
		}
	}
}
