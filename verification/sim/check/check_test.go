package check

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// story is a history that a test writes.
type story struct {
	*History
	now time.Duration
}

func newStory() *story {
	s := &story{}
	s.History = NewHistory(func() time.Duration { return s.now })
	return s
}

// at lets time pass until then.
func (s *story) at(seconds float64) *story {
	s.now = time.Duration(seconds * float64(time.Second))
	return s
}

func (s *story) add(proc int, events ...Event) *story {
	for _, e := range events {
		s.Add(proc, e)
	}
	return s
}

const lease = 10 * time.Second

// record is what a process writes: its nonce is its own in each term.
func (s *story) record(status Status, term, beat int64) State {
	return s.State(true, fmt.Sprintf("1 %c %d %d %d bg nonce%d - -", status, term, beat, lease.Milliseconds(), term))
}

// starts has processes start and call Lead.
func (s *story) starts(procs ...int) *story {
	for _, n := range procs {
		s.add(n, Started{ID: fmt.Sprint("n", n), Rate: 1, Candidate: true, Settings: Settings{
			Lease: lease, Grace: lease / 5, CoolDown: lease / 3, Release: 5 * time.Second,
		}}, Called{})
	}
	return s
}

// swaps has a process replace what is there, and be answered.
func (s *story) swaps(proc int, next State) *story {
	q := Sent{Expect: s.checker.register.now, Next: next}
	return s.add(proc, q).add(0, Wrote{next}).add(proc, Answered{q, next})
}

// elects has a process be granted a term, and begin to work.
func (s *story) elects(proc int, term int64) *story {
	return s.swaps(proc, s.record(Led, term, 0)).add(proc, Began{term}, Elected{term}, Told{Kind: "elected", Term: term})
}

// ends has its work end in order.
func (s *story) ends(proc int, term int64) *story {
	return s.add(proc, Cancelled{}, Noticed{term, "caller"}, Told{"revoked", term, "caller"}, Revoked{term}, Ended{Term: term})
}

// begin is a term of the first process, 10 s after a vacancy was found.
func begin() *story {
	s := newStory().starts(1, 2)
	s.add(0, Put{"made up", s.record(Vacant, 1, 0)})
	return s.at(10).elects(1, 2)
}

func TestWhatIsRightPasses(t *testing.T) {
	s := begin().at(11)
	s.swaps(1, s.record(Led, 2, 2)).at(12).ends(1, 2).at(12.1)
	s.swaps(1, s.record(Vacant, 2, 3)).at(12.2)
	s.elects(2, 3)
	if s.Failed() {
		t.Errorf("violations: %v", s.SoFar().Violations)
	}
}

func TestWhatIsWrongIsFound(t *testing.T) {
	for _, tt := range []struct {
		rule  Rule
		event func(s *story)
	}{
		{Overlap, func(s *story) { s.at(13).swaps(1, s.record(Vacant, 2, 1)).elects(2, 3) }},
		{Release, func(s *story) { s.at(13).swaps(1, s.record(Vacant, 2, 1)) }},
		{Release, func(s *story) { // what is left of a term that it was seen to have lost
			s.formerly().at(30).add(1, Looked{s.record(Led, 3, 0)}).at(40).swaps(1, s.record(Vacant, 2, 3))
		}},
		{Early, func(s *story) { s.at(17).swaps(2, s.record(Led, 3, 0)) }},
		{Transition, func(s *story) { s.at(11).swaps(1, s.record(Led, 2, 7)) }},
		{Transition, func(s *story) { s.at(11).swaps(2, s.record(Led, 2, 2)) }}, // a stranger's beat
		{Transition, func(s *story) { // absent, and it knows better
			s.add(3, Started{ID: "c", Rate: 1, Candidate: true, Settings: Settings{Lease: 10 * time.Second, Immediate: true}})
			s.add(3, Called{}, Looked{s.checker.register.now}).at(11).add(0, Forgot{"FLUSHALL"}).swaps(3, s.record(Led, 3, 0))
		}},
		{Transition, func(s *story) { s.at(11).add(0, Forgot{"FLUSHALL"}).swaps(2, s.record(Led, 3, 0)) }},
		{Terms, func(s *story) {
			again := s.State(true, "1 L 2 0 10000 bg another - -")
			s.at(11).add(0, Forgot{"FLUSHALL"}).swaps(2, s.record(Quarantined, 1, 0)).at(22).swaps(2, again)
		}},
		{Holder, func(s *story) { s.at(11).add(2, Began{Term: 2}) }},
		{Trust, func(s *story) { s.at(16.1).add(1, Stepped{Term: 2}) }},
		{Trust, func(s *story) { s.at(16.1).add(1, Believed{Leads: true, Healthy: true}) }},
		{Trust, func(s *story) { s.at(16.1).add(1, Believed{Healthy: true}) }},
		{Trust, func(s *story) { s.add(1, WallSet{7 * time.Second}).at(11).add(1, Stepped{Term: 2}) }},
		{Trust, func(s *story) { // its record went back, and it works on
			s.at(11).swaps(1, s.record(Led, 2, 2)).at(12).add(0, Put{"rollback", s.record(Led, 2, 0)})
			q := Sent{Expect: s.record(Led, 2, 2), Next: s.record(Led, 2, 4)}
			s.at(13).add(1, q, Answered{q, s.record(Led, 2, 0)}).at(14.5).add(1, Stepped{Term: 2})
		}},
		{Turn, func(s *story) {
			v := s.record(Vacant, 2, 1)
			s.add(0, Calm{}).at(12).ends(1, 2).swaps(1, v).add(2, Offered{2, v}).at(12.01).elects(2, 3)
		}},
		{Turn, func(s *story) {
			v := s.record(Vacant, 2, 1)
			s.add(0, Calm{}).at(12).add(1, Noticed{2, "step_down"}, Revoked{2}, Ended{Term: 2})
			s.swaps(1, v).add(1, Offered{1, v})
		}},
		{Overstay, func(s *story) { s.at(18.3).add(1, Noticed{2, "expired"}, Revoked{2}, Ended{Term: 2}) }},
		{Transition, func(s *story) { s.at(11).asks(2, s.record(Led, 2, 1)) }},
		{Transition, func(s *story) { s.at(11).asks(2, s.record(Draining, 2, 2)) }}, // an even beat of somebody else
		{Fence, func(s *story) {
			s.add(0, Fenced{"table", 3, true}, Fenced{"table", 2, true})
		}},
		{Pairs, func(s *story) { s.at(11).add(1, Noticed{2, "caller"}, Ended{Term: 2}) }},
		{Pairs, func(s *story) { s.at(11).add(2, Revoked{2}) }},
		{Pairs, func(s *story) { s.at(11).add(1, Told{"elected", 3, ""}) }},
		{Push, func(s *story) { s.at(11).add(0, Pushed{s.record(Led, 2, 2)}) }},
		{Liveness, func(s *story) { s.add(1, Crashed{}).at(20).add(0, Calm{}).at(90).add(0, Fault{}) }},
		{Handover, func(s *story) {
			s.add(0, Calm{}).at(12).ends(1, 2).swaps(1, s.record(Vacant, 2, 1)).at(20).add(0, Fault{})
		}},
		{Progress, func(s *story) {
			s.stalling(12).at(16).add(1, Stepped{Term: 2}).at(22).add(1, Told{"revoked", 2, "stalled"})
		}},
		{Progress, func(s *story) { s.stalling(12).steps(1, 2, 40) }},
		{Steady, func(s *story) {
			s.add(1, Crashed{}).add(0, Calm{}).at(30).elects(2, 3).at(50).add(2, Noticed{3, "expired"})
		}},
		{Stop, func(s *story) { s.ends(1, 2).at(17).add(1, Returned{}) }},
		{Leak, func(s *story) { s.Report() }},
	} {
		s := begin()
		tt.event(s)
		found := s.SoFar().Violations
		if !slices.ContainsFunc(found, func(v Violation) bool { return v.Rule == tt.rule }) {
			t.Errorf("found %v, want %s in\n%s", found, tt.rule, s.lines())
		}
	}
}

func TestPausesThatAreBroken(t *testing.T) {
	for _, tt := range []struct {
		rule  Rule
		event func(s *story)
	}{
		{Pause, func(s *story) { s.at(14).swaps(2, s.record(Led, 3, 0)) }},
		{Pause, func(s *story) { s.at(14).swaps(1, s.record(Led, 2, 4)) }},
		{Pause, func(s *story) { s.at(30).swaps(1, s.record(Vacant, 2, 3)) }},
		{Pause, func(s *story) { s.at(30).swaps(2, s.record(Led, 2, 3)) }},
		{Pause, func(s *story) { s.at(13).add(1, Began{Term: 2}) }},
		{Pause, func(s *story) { // whoever saw it marks an absence without it
			s.at(25).add(0, Forgot{"FLUSHALL"}).swaps(1, s.record(Quarantined, 2, 0))
		}},
		{Pairs, func(s *story) { s.add(1, Told{"elected", 2, ""}) }},
		{Pairs, func(s *story) { s.add(1, Told{"resumed", 3, ""}) }},
	} {
		s := inAPause()
		tt.event(s)
		found := s.SoFar().Violations
		if !slices.ContainsFunc(found, func(v Violation) bool { return v.Rule == tt.rule }) {
			t.Errorf("found %v, want %s in\n%s", found, tt.rule, s.lines())
		}
	}
}

// inAPause has the first process granted term 2 in a pause until 40 s, by the server's clock.
func inAPause() *story {
	s := newStory().starts(1, 2)
	s.add(0, Serves{time.UnixMilli(0)})
	s.add(0, Put{"made up", s.record(Vacant, 1, 0)})
	s.at(10).asks(2, s.paused(Vacant, 1, 1)).swaps(1, s.paused(Led, 2, 0))
	return s.add(1, Told{"paused", 2, ""}).at(11).swaps(1, s.paused(Led, 2, 2))
}

// paused is what a process writes in a pause.
func (s *story) paused(status Status, term, beat int64) State {
	return s.State(true, fmt.Sprintf("1 %c %d %d %d bg nonce%d - - p=40000", status, term, beat, lease.Milliseconds(), term))
}

// asks has a process that is asked to pause or to resume replace what is there.
func (s *story) asks(proc int, next State) *story {
	return s.add(proc, Asks{"pause"}).swaps(proc, next).add(proc, AskedFor{What: "pause"})
}

// A pause ends by a wish, or by its time.
func TestPausesThatEnd(t *testing.T) {
	for name, end := range map[string]func(s *story){
		"by a wish":   func(s *story) { s.at(12).asks(2, s.record(Led, 2, 3)) },
		"by its time": func(s *story) { s.at(15).swaps(1, s.paused(Led, 2, 4)).at(40).swaps(1, s.record(Led, 2, 6)) },
	} {
		s := inAPause()
		end(s)
		s.add(1, Told{"resumed", 2, ""}, Began{2}, Elected{2}, Told{"elected", 2, ""})
		if s.Failed() {
			t.Errorf("%s: %v", name, s.SoFar().Violations)
		}
	}
}

// A leader that drains in a pause leaves it out, too, when its time has come, and not before.
func TestAPauseThatEndsInADrain(t *testing.T) {
	for at, passes := range map[float64]bool{39.5: false, 40: true} {
		s := inAPause()
		s.at(12).swaps(2, s.paused(Draining, 2, 3)).at(at).swaps(1, s.record(Draining, 2, 6))
		if s.Failed() == passes {
			t.Errorf("without the pause at %v s: %v", at, s.SoFar().Violations)
		}
	}
}

// Who has stalled may ask for a pause of what it left: that is no beat.
func TestAStalledProcessPauses(t *testing.T) {
	s := begin().stalling(12).steps(1, 2, 22).at(22).add(1, Told{"revoked", 2, "stalled"})
	s.at(60).add(0, Put{"made up", s.record(Vacant, 2, 40)})
	if s.asks(1, s.paused(Vacant, 2, 41)); s.Failed() {
		t.Errorf("violations: %v", s.SoFar().Violations)
	}
}

// stalling gives the processes a stall, in seconds.
func (s *story) stalling(seconds int) *story {
	for _, p := range s.checker.procs {
		p.settings.Stall = time.Duration(seconds) * time.Second
	}
	return s
}

// steps has a process make a step now, and beat each second until then.
func (s *story) steps(proc int, term int64, until float64) *story {
	s.add(proc, Stepped{Term: term})
	from := s.now.Seconds()
	for beat := int64(1); from+float64(beat) <= until; beat++ {
		s.at(from+float64(beat)).swaps(proc, s.record(Led, term, 2*beat))
	}
	return s
}

// Who has made no progress beats until its stall and its grace are over, and a stall after
// that is none too early.
func TestAStallInTimePasses(t *testing.T) {
	s := begin().stalling(12)
	if s.steps(1, 2, 22).at(22).add(1, Told{"revoked", 2, "stalled"}); s.Failed() {
		t.Errorf("violations: %v", s.SoFar().Violations)
	}
}

// formerly has the first process give up term 2 without an answer, and its last beat
// land later.
func (s *story) formerly() *story {
	s.at(11).add(1, Sent{s.record(Led, 2, 0), s.record(Led, 2, 2)}).ends(1, 2)
	s.add(1, Sent{s.record(Led, 2, 0), s.record(Vacant, 2, 1)}, Told{"release_failed", 2, ""}, Returned{}, Called{})
	return s.at(25).add(0, Wrote{s.record(Led, 2, 2)})
}

// What is left of a former term is released, if nothing else was seen meanwhile.
func TestFormerRecordMayBeReleased(t *testing.T) {
	s := begin().formerly()
	s.at(30).add(1, Looked{s.record(Led, 2, 2)}).at(40)
	if s.swaps(1, s.record(Vacant, 2, 3)); s.Failed() {
		t.Errorf("violations: %v", s.SoFar().Violations)
	}
}

func (s *story) lines() string {
	var b strings.Builder
	for _, e := range s.entries {
		fmt.Fprintln(&b, e)
	}
	return b.String()
}

// An overlap that a broken assumption explains is counted, and is no violation.
func TestBreachesAreCountedApart(t *testing.T) {
	s := begin()
	s.add(1, Stalled{For: time.Minute}).at(21).elects(2, 3)
	if s.Failed() || s.SoFar().Breaches[NoStall] != 1 {
		t.Errorf("violations %v, breaches %v, want one of %s", s.SoFar().Violations, s.SoFar().Breaches, NoStall)
	}
}

// Who is elected in order, after somebody who took it too early, is not to blame.
func TestBreachesExplainWhatFollows(t *testing.T) {
	s := begin().add(3, Started{ID: "n3", Rate: 1, Candidate: true, Settings: Settings{Lease: lease, Grace: lease / 5, Immediate: true}}, Called{})
	s.at(11).add(0, Forgot{"key lost"}).elects(3, 3).at(12).ends(3, 3).swaps(3, s.record(Vacant, 3, 1)).elects(2, 4)
	if s.Failed() || s.SoFar().Breaches[NoGrab] != 2 {
		t.Errorf("violations %v, breaches %v, want two of %s", s.SoFar().Violations, s.SoFar().Breaches, NoGrab)
	}
}

// A grant that did not wait long enough explains an overlap: if it came after the last
// sign of the older work and not after the newer, and if its author knew no better.
func TestShortcuts(t *testing.T) {
	const s = time.Second
	for _, tt := range []struct {
		shortcut
		want Assumption
	}{
		{shortcut{at: 15 * s}, NoGrab},
		{shortcut{at: 15 * s, lease: 3 * s}, SameLease},
		{shortcut{at: 15 * s, lease: 3 * s, knew: 3 * s}, SameLease},
		{shortcut{at: 15 * s, lease: 3 * s, knew: lease}, ""},
		{shortcut{at: 15 * s, lease: lease}, ""},
		{shortcut{at: 9 * s}, ""},
		{shortcut{at: 21 * s}, ""},
	} {
		r := register{shortcuts: []shortcut{tt.shortcut}}
		if got := r.hasty(10*s, 20*s, lease); got != tt.want {
			t.Errorf("%+v explains %q, want %q", tt.shortcut, got, tt.want)
		}
	}
}

// What a process says of itself may be older than its return from Lead.
func TestAnAnswerMayBeOlderThanTheReturn(t *testing.T) {
	s := begin().at(17).add(1, Cancelled{}, Noticed{2, "expired"}, Told{"revoked", 2, "expired"}, Revoked{2}, Ended{Term: 2}, Returned{})
	if s.at(18).add(1, Believed{Age: 1500 * time.Millisecond}); s.Failed() {
		t.Errorf("violations: %v", s.SoFar().Violations)
	}
	if s.add(1, Believed{Age: 500 * time.Millisecond}); !s.Failed() {
		t.Error("Check fails although nothing runs, and that is no violation")
	}
}

// What a process says of itself may also be older than the end of its context.
func TestAnAnswerMayBeOlderThanTheEndOfTheContext(t *testing.T) {
	s := begin().at(15.9).add(1, Stalled{For: 500 * time.Millisecond}).at(16.4).add(1, Noticed{2, "expired"})
	if s.add(1, Believed{Leads: true, Age: 500 * time.Millisecond}); s.Failed() {
		t.Errorf("violations: %v", s.SoFar().Violations)
	}
	s = begin().at(12).add(1, Noticed{2, "caller"}).at(13)
	if s.add(1, Believed{Leads: true, Healthy: true, Age: 500 * time.Millisecond}); !s.Failed() {
		t.Error("it believes to lead when its context has ended, and that is no violation")
	}
}

// Nobody releases leadership that it found lost while its work was draining.
func TestWhatIsLostIsNotReleased(t *testing.T) {
	s := begin().at(11)
	s.swaps(1, s.record(Led, 2, 2)).at(12).add(0, Put{"rollback", s.record(Led, 2, 0)}, Calm{})
	s.add(1, Cancelled{}, Noticed{2, "caller"})
	q := Sent{Expect: s.record(Led, 2, 2), Next: s.record(Led, 2, 4)}
	s.at(13).add(1, q, Answered{q, s.record(Led, 2, 0)})
	s.add(1, Told{"revoked", 2, "caller"}, Revoked{2}, Ended{Term: 2}).at(20).add(0, Fault{})
	if s.Failed() {
		t.Errorf("violations: %v", s.SoFar().Violations)
	}
}
