package second_test

import (
	"fmt"
	"testing"
	"time"

	"example.com/incumbent/verification/sim/check"
	"example.com/incumbent/verification/sim/second"
)

const (
	lease = 10 * time.Second // trust is 6 s, grace 2 s, slack 0.2 s
	sec   = time.Second
)

// tale is a history that a test makes up.
type tale struct {
	now     time.Duration
	key     check.State
	entries []check.Entry
}

func (s *tale) at(now time.Duration) *tale { s.now = now; return s }

func (s *tale) note(proc int, events ...check.Event) *tale {
	for _, e := range events {
		s.entries = append(s.entries, check.Entry{At: s.now, Proc: proc, Event: e})
	}
	return s
}

func (s *tale) start(settings check.Settings, rate float64, procs ...int) *tale {
	for _, n := range procs {
		s.note(n, check.Started{ID: fmt.Sprint("n", n), Rate: rate, Candidate: true, Settings: settings})
	}
	return s
}

func usual() check.Settings { return check.Settings{Lease: lease, Grace: lease / 5} }

// record is a state; the nonce is its term, and other than that for a quarantine.
func record(status check.Status, term, beat int64) check.State {
	r := check.Record{Status: status, Term: term, Beat: beat, Lease: lease, Holder: "n", Nonce: int(term), Rest: "- -"}
	if status == check.Quarantined {
		r.Nonce = -int(term)
	}
	return check.State{Present: true, Record: r}
}

// put changes the key behind everybody's back.
func (s *tale) put(now check.State) *tale {
	s.key = now
	return s.note(0, check.Put{How: "rollback", Now: now})
}

func (s *tale) forget() *tale {
	s.key = check.State{}
	return s.note(0, check.Forgot{How: "FLUSHALL"})
}

// writes has the server write something, asked for or not.
func (s *tale) writes(now check.State) *tale {
	if !s.key.Present {
		now.Rest += fmt.Sprintf(" %d.%06d", s.now/sec, s.now%sec/time.Microsecond)
	}
	s.key = now
	return s.note(0, check.Wrote{Now: now})
}

// swaps has a process replace what is there, and be answered.
func (s *tale) swaps(proc int, next check.State) *tale {
	sent := check.Sent{Expect: s.key, Next: next}
	return s.note(proc, sent).writes(next).note(proc, check.Answered{Sent: sent, Got: s.key})
}

// elects has a process be granted a term, and begin to work.
func (s *tale) elects(proc int, term int64) *tale {
	return s.swaps(proc, record(check.Led, term, 0)).note(proc, check.Began{Term: term}, check.Elected{Term: term})
}

func (s *tale) ends(proc int, term int64) *tale {
	return s.note(proc, check.Revoked{Term: term}, check.Ended{Term: term})
}

// begin has p1 elected in term 100 at 11 s, from a quarantine of 1 s; p2 and p3 are there.
func begin() *tale {
	s := (&tale{}).start(usual(), 1, 1, 2, 3)
	s.at(sec).swaps(1, record(check.Quarantined, 50, 0))
	return s.at(11*sec).elects(1, 100)
}

// withPause says that the election is paused until 15 s.
func withPause(r check.State) check.State {
	r.Rest += " p=15000"
	return r
}

// paused has p1 granted term 100 in a pause, at 13 s. The server's time is that of the tale.
func paused() *tale {
	s := (&tale{}).start(usual(), 1, 1, 2, 3).note(0, check.Serves{At: time.UnixMilli(0)})
	s.swaps(1, record(check.Quarantined, 50, 0)).at(sec).resumes(3, withPause(pausedQ()))
	return s.at(13*sec).swaps(1, withPause(record(check.Led, 100, 0)))
}

func pausedQ() check.State {
	q := record(check.Quarantined, 50, 1)
	q.Nonce = 999
	return q
}

// resumes has a process that was asked to change a pause replace what is there.
func (s *tale) resumes(proc int, next check.State) *tale {
	return s.note(proc, check.Asks{What: "resume"}).swaps(proc, next).note(proc, check.AskedFor{What: "resume"})
}

// vacated goes on until p1 has released term 100, at 13 s.
func vacated() *tale {
	return begin().at(12*sec).swaps(1, record(check.Led, 100, 2)).
		at(13*sec).ends(1, 100).swaps(1, record(check.Vacant, 100, 3))
}

// takenOver has p2 begin term 200 at 21 s while p1 works until 22 s.
func takenOver(meanwhile ...check.Event) *tale {
	return begin().at(16*sec).note(1, meanwhile...).at(21*sec).elects(2, 200).at(22*sec).ends(1, 100)
}

// undone has p2 begin term 200 at 14.5 s, since p1's term 101 of 14 s was undone.
func undone() *tale {
	s := vacated()
	return s.at(14*sec).elects(1, 101).at(14200*time.Millisecond).put(record(check.Vacant, 100, 3)).
		at(14500*time.Millisecond).elects(2, 200)
}

// lost is what p1 is answered to its first beat when the key is gone.
func lost() check.Event {
	return check.Answered{Sent: check.Sent{Expect: begin().key, Next: record(check.Led, 100, 2)}}
}

// formerly has p1 give up term 100 at 12 s without an answer, be shown something at 20 s,
// and its last beat land at 30 s.
func formerly(shown *check.State) *tale {
	s := begin().at(12*sec).ends(1, 100)
	s.note(1, check.Sent{Expect: s.key, Next: record(check.Vacant, 100, 1)})
	late := record(check.Led, 100, 2)
	s.note(1, check.Sent{Expect: s.key, Next: late}).at(20 * sec)
	if shown != nil {
		s.note(1, check.Looked{Got: *shown})
	}
	return s.at(30*sec).writes(late).note(1, check.Looked{Got: late})
}

// What is right passes, however close.
func TestWhatIsRightPasses(t *testing.T) {
	short, immediate := usual(), usual()
	short.Lease, immediate.Immediate = 2*sec, true
	for _, tt := range []struct {
		name string
		tale *tale
		why  check.Assumption // of an overlap
	}{
		{"a term in order", vacated().at(13*sec+1).elects(2, 101), ""},
		{"a drained term", begin().at(12*sec).swaps(2, record(check.Draining, 100, 1)).swaps(1, record(check.Draining, 100, 4)).
			ends(1, 100).swaps(1, record(check.Vacant, 100, 5)), ""},
		{"work that ends as another begins", begin().at(21*sec).elects(2, 200).ends(1, 100), ""},
		{"overlap with a process that was held up", takenOver(check.Stalled{For: 6 * sec}), check.NoStall},
		{"overlap with a suspended one", takenOver(check.Suspended{For: 6 * sec, Both: true}), check.NoStall},
		{"overlap with work that said so", takenOver(check.Drains{Term: 100, For: 6 * sec}), check.NoOverrun},
		{"overlap after a rollback", undone().at(22*sec).ends(1, 101), check.NoRollback},
		{"overlap with a clock that is slow", func() *tale {
			s := (&tale{}).start(usual(), 0.5, 1).start(usual(), 1, 2)
			s.at(sec).swaps(1, record(check.Quarantined, 50, 0)).at(21*sec).elects(1, 100)
			return s.at(31*sec).elects(2, 200).at(32*sec).ends(1, 100)
		}(), check.TrueClocks},
		{"overlap since absence was granted", begin().at(12*sec).forget().start(immediate, 1, 4).
			at(12500*time.Millisecond).elects(4, 200).at(14*sec).ends(1, 100), check.NoGrab},
		{"overlap since a quarantine was short", func() *tale {
			s := begin().at(12*sec).forget().start(short, 1, 4)
			q, l := record(check.Quarantined, 150, 0), record(check.Led, 200, 0)
			q.Lease, l.Lease = short.Lease, short.Lease
			return s.swaps(4, q).at(14*sec).swaps(4, l).note(4, check.Began{Term: 200}).at(16*sec).ends(1, 100)
		}(), check.SameLease},
		{"a lower term after a loss and a clock that was set", begin().at(12*sec).ends(1, 100).forget().note(0, check.Fault{Kind: "server clock"}).
			swaps(2, record(check.Quarantined, 60, 0)).at(22*sec).elects(2, 90), ""},
		{"a lower term that was chosen before a rollback", func() *tale {
			s := vacated()
			late := check.Sent{Expect: s.key, Next: record(check.Led, 101, 0)}
			s.note(2, check.Looked{Got: s.key}, late).at(14*sec).elects(3, 120).ends(3, 120)
			return s.put(record(check.Vacant, 100, 3)).writes(late.Next)
		}(), ""},
		{"the same bytes after a rollback", begin().at(12*sec).swaps(1, record(check.Led, 100, 2)).
			at(13 * sec).put(begin().key).writes(record(check.Led, 100, 2)), ""},
		{"a vacancy by who has claimed the same", func() *tale {
			s := begin().at(12*sec).ends(1, 100).at(21 * sec)
			v := record(check.Vacant, 100, 1)
			v.Nonce = 999
			return s.note(2, check.Sent{Expect: s.key, Next: record(check.Led, 200, 0)}).at(22*sec).swaps(2, v)
		}(), ""},
		{"a longer quarantine", func() *tale {
			s := (&tale{}).start(usual(), 1, 1).swaps(1, record(check.Quarantined, 50, 0))
			q := record(check.Quarantined, 50, 1)
			q.Lease, q.Nonce = 2*lease, 999
			return s.at(sec).swaps(1, q)
		}(), ""},
		{"a fence that refuses", begin().note(0, check.Fenced{Resource: "a", Term: 9, Accepted: true}, check.Fenced{Resource: "a", Term: 8},
			check.Fenced{Resource: "b", Term: 8, Accepted: true}, check.Fenced{Resource: "a", Term: 9, Accepted: true}), ""},
		{"a crash between callbacks", begin().note(1, check.Crashed{}, check.Stopped{}), ""},
		{"a step at the end of trust", begin().at(17*sec).note(1, check.Stepped{Term: 100}, check.Believed{Leads: true}), ""},
		{"a step by a reading that is old", begin().at(19*sec).note(1, check.Stepped{Term: 100, Age: 2 * sec}), ""},
		{"a step after a confirmed beat", begin().at(16*sec).swaps(1, record(check.Led, 100, 2)).at(22*sec).note(1, check.Stepped{Term: 100}), ""},
		{"a step by who has just heard that its record is gone", begin().at(12*sec).forget().note(1, lost()).at(13*sec).note(1, check.Stepped{Term: 100}), ""},
		{"a clock that is set back", begin().note(1, check.WallSet{By: -time.Hour}).at(17*sec).note(1, check.Stepped{Term: 100}), ""},
		{"a quarantine shorter than a lease that came while the process was held up", func() *tale {
			q := record(check.Quarantined, 150, 0)
			q.Lease = lease / 2
			return begin().ends(1, 100).forget().start(short, 1, 4).note(4, check.Stalled{For: sec}, check.Looked{Got: begin().key}).at(13*sec).swaps(4, q)
		}(), ""},
		{"a wait that is over", begin().ends(1, 100).at(21*sec).elects(2, 200), ""},
		{"what is left of a former term", formerly(nil).at(40*sec).swaps(1, record(check.Vacant, 100, 3)), ""},
		{"a former term that was seen to be held", formerly(new(record(check.Led, 100, 2))).at(40*sec).swaps(1, record(check.Vacant, 100, 3)), ""},
		{"a pause that is resumed", paused().at(14*sec).resumes(2, record(check.Led, 100, 1)).note(1, check.Began{Term: 100}, check.Ended{Term: 100}), ""},
		{"a pause whose time is over", paused().at(15*sec).swaps(1, record(check.Led, 100, 2)).note(1, check.Began{Term: 100}, check.Ended{Term: 100}), ""},
		{"a pause that is over when it is taken over", paused().at(24*sec).elects(2, 200), ""},
		{"a vacancy that is taken at once", vacated().elects(2, 200), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := second.Judge(tt.tale.entries)
			for _, x := range v.Violations {
				t.Error(x)
			}
			if tt.why != "" && (len(v.Explained) != 1 || v.Explained[tt.why] != 1) {
				t.Errorf("explained: %v, want one %s", v.Explained, tt.why)
			}
		})
	}
}

// What is wrong is refused, by the rule that it breaks.
func TestWhatIsWrongIsFound(t *testing.T) {
	foreign := check.State{Present: true, Foreign: "42"}
	seen := usual()
	seen.Immediate = true
	for _, tt := range []struct {
		rule second.Rule
		name string
		tale *tale
	}{
		{second.Overlap, "two works", takenOver()},
		{second.Overlap, "work that ends at once", begin().at(21*sec).elects(2, 200).ends(2, 200).at(22*sec).ends(1, 100)},
		{second.Overlap, "a stall that is too short", takenOver(check.Stalled{For: 3 * sec})},
		{second.Overlap, "a stall that is over before the end of trust", begin().note(1, check.Stalled{For: 5 * sec}).at(21*sec).elects(2, 200).at(22*sec).ends(1, 100)},
		{second.Overlap, "longer than was said", takenOver(check.Drains{Term: 100, For: 3 * sec})},
		{second.Overlap, "longer than grace after a rollback", undone().at(23*sec).ends(1, 101)},
		{second.Overlap, "a rollback before the last beat", begin().at(12*sec).put(record(check.Vacant, 49, 0)).put(begin().key).
			at(13*sec).swaps(1, record(check.Led, 100, 2)).at(14*sec).elects(2, 200).at(15*sec).ends(1, 100)},
		{second.Terms, "a lower term", begin().at(12*sec).ends(1, 100).forget().swaps(2, record(check.Quarantined, 60, 0)).at(22*sec).elects(2, 90)},
		{second.Terms, "the same term again", begin().at(12*sec).ends(1, 100).forget().swaps(2, record(check.Quarantined, 60, 0)).at(22*sec).elects(2, 100)},
		{second.Terms, "the same term again, with a clock that was set", begin().at(12*sec).ends(1, 100).forget().note(0, check.Fault{Kind: "server clock"}).
			swaps(2, record(check.Quarantined, 60, 0)).at(22*sec).elects(2, 100)},
		{second.Terms, "a lower term, chosen after a rollback", vacated().at(14*sec).elects(3, 120).ends(3, 120).put(record(check.Vacant, 100, 3)).
			at(15*sec).note(2, check.Looked{Got: vacated().key}).elects(2, 101)},
		{second.Release, "a former term whose end was seen", formerly(new(record(check.Led, 200, 0))).at(40*sec).swaps(1, record(check.Vacant, 100, 3))},
		{second.Release, "a former term whose vacancy was seen", formerly(new(record(check.Vacant, 100, 1))).at(40*sec).swaps(1, record(check.Vacant, 100, 3))},
		{second.Release, "a former term whose record was gone", formerly(new(check.State{})).at(40*sec).swaps(1, record(check.Vacant, 100, 3))},
		{second.Terms, "a nonce that comes again", func() *tale {
			l := record(check.Led, 200, 0)
			l.Nonce = 100
			return vacated().swaps(1, l)
		}()},
		{second.Terms, "a quarantine with the nonce of a grant", func() *tale {
			s := (&tale{}).start(seen, 1, 1).note(1, check.Sent{Next: record(check.Led, 100, 0)})
			q := record(check.Quarantined, 100, 0)
			q.Nonce = 100
			return s.swaps(1, q)
		}()},
		{second.Terms, "work without a grant", begin().note(2, check.Began{Term: 101})},
		{second.Terms, "work in another's term", begin().note(2, check.Looked{Got: begin().key}, check.Began{Term: 100})},
		{second.Transition, "a write that nobody asked for", begin().writes(record(check.Led, 100, 2))},
		{second.Transition, "a write that expected something else", func() *tale {
			s := vacated()
			return s.note(2, check.Sent{Expect: begin().key, Next: record(check.Led, 200, 0)}).writes(record(check.Led, 200, 0))
		}()},
		{second.Transition, "a beat that skips one", begin().swaps(1, record(check.Led, 100, 3))},
		{second.Transition, "a beat of another", begin().swaps(2, record(check.Led, 100, 2))},
		{second.Transition, "a release by another", begin().swaps(2, record(check.Vacant, 100, 1))},
		{second.Transition, "a record that leads again", begin().swaps(2, record(check.Draining, 100, 1)).swaps(1, record(check.Led, 100, 3))},
		{second.Transition, "a beat with another lease", func() *tale {
			l := record(check.Led, 100, 2)
			l.Lease = 2 * lease
			return begin().swaps(1, l)
		}()},
		{second.Transition, "a quarantine of what is there", begin().swaps(2, record(check.Quarantined, 101, 0))},
		{second.Transition, "something foreign overwritten", begin().put(foreign).swaps(2, record(check.Quarantined, 101, 0))},
		{second.Transition, "absence taken", (&tale{}).start(usual(), 1, 1).elects(1, 100)},
		{second.Transition, "absence taken by who has seen a record", begin().forget().start(seen, 1, 2).note(2, check.Looked{Got: begin().key}).elects(2, 200)},
		{second.Transition, "the same bytes again", begin().at(12*sec).swaps(1, record(check.Led, 100, 2)).forget().writes(record(check.Led, 100, 2))},
		{second.Transition, "a vacancy by who has claimed nothing", func() *tale {
			v := record(check.Vacant, 100, 1)
			v.Nonce = 999
			return begin().at(22*sec).ends(1, 100).swaps(2, v)
		}()},
		{second.Pause, "a pause lost in a takeover", paused().at(14*sec).swaps(2, record(check.Led, 200, 0))},
		{second.Pause, "a pause that a beat ends too soon", paused().at(14*sec).swaps(1, record(check.Led, 100, 2))},
		{second.Pause, "a pause lost in a release", paused().at(24*sec).swaps(1, record(check.Vacant, 100, 1))},
		{second.Pause, "a pause that nobody was asked to end", paused().at(24*sec).swaps(2, record(check.Led, 100, 1))},
		{second.Pause, "work in a pause", paused().at(24*sec).note(1, check.Began{Term: 100})},
		{second.Transition, "a leader at work that is paused without being asked", begin().at(12*sec).resumes(2, withPause(record(check.Led, 100, 1)))},
		{second.Transition, "an even beat of somebody else", paused().at(14*sec).resumes(2, record(check.Led, 100, 2))},
		{second.Fence, "an older term accepted", begin().note(0, check.Fenced{Resource: "a", Term: 9, Accepted: true}, check.Fenced{Resource: "a", Term: 8, Accepted: true})},
		{second.Pairs, "elected twice", begin().note(1, check.Elected{Term: 100})},
		{second.Pairs, "another term revoked", begin().note(1, check.Revoked{Term: 101})},
		{second.Pairs, "never revoked", begin().note(1, check.Ended{Term: 100}, check.Stopped{})},
		{second.Pairs, "the observer told twice", begin().note(1, check.Told{Kind: "elected", Term: 100}, check.Told{Kind: "elected", Term: 101})},
		{second.Trust, "a step past trust", begin().at(17*sec+time.Millisecond).note(1, check.Stepped{Term: 100})},
		{second.Trust, "IsLeader past trust", begin().at(17*sec+time.Millisecond).note(1, check.Believed{Leads: true})},
		{second.Trust, "IsLeader without a grant", begin().note(2, check.Believed{Leads: true})},
		{second.Trust, "a step by a beat of unknown outcome", begin().at(16*sec).note(1, check.Sent{Expect: begin().key, Next: record(check.Led, 100, 2)}).
			writes(record(check.Led, 100, 2)).at(18*sec).note(1, check.Stepped{Term: 100})},
		{second.Trust, "a step by the second send", func() *tale {
			s := begin().at(12 * sec)
			sent := check.Sent{Expect: s.key, Next: record(check.Led, 100, 2)}
			s.note(1, sent).at(14*sec).note(1, sent).writes(sent.Next).note(1, check.Answered{Sent: sent, Got: sent.Next})
			return s.at(19*sec).note(1, check.Stepped{Term: 100})
		}()},
		{second.Trust, "a step by the smaller clock", begin().note(1, check.Suspended{For: 3 * sec}).at(17*sec+time.Millisecond).note(1, check.Stepped{Term: 100})},
		{second.Trust, "a step by who knows that its record is gone", begin().at(12*sec).forget().note(1, lost()).at(13*sec+time.Millisecond).note(1, check.Stepped{Term: 100})},
		{second.Trust, "a step by who was asked to step down", begin().at(12*sec).swaps(2, record(check.Draining, 100, 1)).swaps(1, record(check.Draining, 100, 4)).
			at(13*sec+time.Millisecond).note(1, check.Stepped{Term: 100})},
		{second.Trust, "a wall clock set forward", begin().at(12*sec).note(1, check.WallSet{By: time.Hour}).at(13*sec).note(1, check.Stepped{Term: 100})},
		{second.Release, "a vacancy while work runs", begin().at(12*sec).swaps(1, record(check.Vacant, 100, 1))},
		{second.Early, "a takeover too soon", begin().ends(1, 100).at(21*sec-time.Millisecond).elects(2, 200)},
		{second.Early, "a wait by a clock that stood still", begin().ends(1, 100).at(12*sec).note(2, check.Suspended{For: sec}).at(21*sec+sec/2).elects(2, 200)},
		{second.Early, "a wait that was slept through", begin().ends(1, 100).note(2, check.Stalled{For: sec}).at(21*sec+sec/2).elects(2, 200)},
		{second.Early, "a quarantine taken too soon", (&tale{}).start(usual(), 1, 1).swaps(1, record(check.Quarantined, 50, 0)).at(9*sec).elects(1, 100)},
		{second.Early, "a claim to what was never there", begin().note(2, check.Sent{Expect: record(check.Led, 100, 7), Next: record(check.Led, 200, 0)})},
		{second.Early, "a quarantine shorter than a lease that is known", func() *tale {
			q := record(check.Quarantined, 150, 0)
			q.Lease = lease / 2
			return begin().ends(1, 100).forget().swaps(1, q)
		}()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := second.Judge(tt.tale.entries)
			if len(v.Violations) == 0 {
				t.Fatal("nothing was found")
			}
			for _, x := range v.Violations {
				if x.Rule == tt.rule {
					return
				}
			}
			t.Errorf("found by another rule: %v", v.Violations)
		})
	}
}
